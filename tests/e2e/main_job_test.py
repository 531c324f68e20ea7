#!/usr/bin/env python3
"""The whole job in one process: the app serves and counts requests and logs them, the same process tails that log
and pushes it, and ends cleanly whatever the receiver does."""

import gzip
import re
import shutil
import subprocess
import time

import rig

REQUESTS = 40

# Gauges with a counter's name: Promtail calls them so, and its dashboards ask for them.
PROMTAILS_NAMES = {"promtail_file_bytes_total", "promtail_files_active_total", "promtail_read_bytes_total",
                   "promtail_targets_active_total"}


def start(binary, directory, receiver, name):
    """(agent, the app's base URL, path of its log); its app works for no more than a moment."""
    app_port = rig.free_port()
    log = directory / f"logs-{name}" / "app.log"
    agent = rig.Tailrace(binary, directory, {
        "app": {"listen_address": "127.0.0.1", "listen_port": app_port, "work_time_min": "0s", "work_time_max": "5ms",
                "failure_rate": 1, "log": {"path": str(log), "stdout": False}},
        "clients": [rig.client(receiver)],
        "scrape_configs": [rig.job(log, name="app", stages=[
            {"regex": {"expression": r"^\S+ (?P<level>[A-Z]+) "}}, {"labels": {"level": ""}}], service="demo")],
    }, name=name)
    agent.wait_until_up()
    return agent, f"http://127.0.0.1:{app_port}", log


def samples(base):
    return rig.runner.parse_exposition(rig.get(f"{base}/metrics")[2].decode())


def sample(base, name, **labels):
    found = samples(base)[1].get((name, tuple(sorted(labels.items()))))
    rig.expect(found is not None, f"/metrics has no {name}{labels}")
    return found


def check_requests(base):
    for i in range(REQUESTS):
        status, _, body = rig.get(f"{base}/?n={i}")
        rig.expect(status == 200 and body, f"GET /: status {status}, body {body!r}")
    rig.expect(rig.get(f"{base}/unstable")[0] == 500, "GET /unstable did not fail at failure_rate 1")
    rig.expect(rig.get(f"{base}/nowhere")[0] == 404, "an unknown path was not answered with 404")
    rig.expect(rig.get(f"{base}/healthz")[0] == 200, "GET /healthz is not 200")
    rig.expect(sample(base, "my_app_requests_total") == REQUESTS, "my_app_requests_total is not what was asked")
    counted = sample(base, "http_requests_total", method="GET", endpoint="/", status="200")
    rig.expect(counted == REQUESTS, f"http_requests_total of / is {counted}, expected {REQUESTS}")
    rig.expect(sample(base, "http_requests_total", method="GET", endpoint="/unstable", status="500") == 1,
               "the failed request was not counted")
    rig.expect(sample(base, "http_request_latency_seconds_count", method="GET", endpoint="/") == REQUESTS,
               "the latency histogram has not seen every request")
    endpoints = {dict(labels).get("endpoint") for name, labels in samples(base)[1] if name == "http_requests_total"}
    rig.expect(not any(endpoint and "nowhere" in endpoint for endpoint in endpoints),
               f"a raw path became a label: {endpoints}")


def check_metrics_formats(base):
    _, headers, body = rig.get(f"{base}/metrics")
    rig.expect(headers["Content-Type"].startswith("text/plain"), f"/metrics is {headers['Content-Type']}")
    rig.expect(b"# EOF" not in body, "Prometheus' text format has no # EOF")
    types, found = rig.runner.parse_exposition(body.decode())
    rig.expect(types.get("http_request_latency_seconds") == "histogram", "latency is no histogram")
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
                 "tailrace_build_info"):
        rig.expect(any(sample_name == name for sample_name, _ in found), f"/metrics has no {name}")
    accept = {"Accept": "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"}
    _, headers, body = rig.get(f"{base}/metrics", accept)
    rig.expect(headers["Content-Type"].startswith("application/openmetrics-text"),
               f"OpenMetrics was asked for, {headers['Content-Type']} came")
    rig.expect(body.endswith(b"# EOF\n"), "OpenMetrics must end with # EOF")
    _, headers, body = rig.get(f"{base}/metrics", {"Accept-Encoding": "gzip"})
    rig.expect(headers["Content-Encoding"] == "gzip", "gzip was offered and not used")
    rig.expect(b"http_requests_total" in gzip.decompress(body), "what was compressed is not the metrics")


def check_promtool(*urls):
    promtool = shutil.which("promtool")
    if not promtool:
        print("no promtool on PATH: its check of the metrics is left out")
        return
    for url in urls:
        checked = subprocess.run([promtool, "check", "metrics"], input=rig.get(url)[2], capture_output=True)
        complaints = [line for line in (checked.stdout + checked.stderr).decode().splitlines()
                      if line.strip() and line.split()[0] not in PROMTAILS_NAMES]
        rig.expect(not complaints, f"promtool check metrics of {url}: {complaints}")


def check_shipped(receiver, log):
    """What is in the log has arrived, line for line and in order, with its labels."""
    def requests_in(lines):
        return [int(match[1]) for line in lines if (match := re.search(r"GET /\?n=(\d+) 200", line))]
    rig.wait_for("the log's lines to arrive", lambda: len(requests_in(receiver.lines(job="app"))) == REQUESTS)
    rig.wait_for("the last of them", lambda: sorted(receiver.lines(job="app")) == sorted(log.read_text().splitlines()))
    rig.expect(requests_in(receiver.lines(job="app")) == list(range(REQUESTS)), "requests arrived out of order")
    for level in ("INFO", "ERROR"):
        want = [line for line in log.read_text().splitlines() if f" {level} " in line]
        got = receiver.lines(job="app", service="demo", level=level, filename=str(log))
        rig.expect(want and got == want, f"level {level}: {len(got)} lines arrived in its stream, {len(want)} written")


def check_health(binary, agent):
    healthy = subprocess.run([binary, "healthcheck", agent.url("/ready")], capture_output=True, text=True)
    rig.expect(healthy.returncode == 0, f"healthcheck of a ready agent: {healthy.stderr}")
    for path in ("/ready", "/metrics", "/targets", "/service-discovery", "/config"):
        # Promtail's routes take any method.
        status = rig.post(agent.url(path))
        rig.expect(status == 200, f"POST {path}: {status}")
    sick = subprocess.run([binary, "healthcheck", f"http://127.0.0.1:{rig.free_port()}/ready"], capture_output=True,
                          text=True)
    rig.expect(sick.returncode == 1 and sick.stderr.strip(), "healthcheck of nothing must fail and say why")


def check_stop(agent, what):
    status, seconds = agent.terminate()
    print(f"SIGTERM with the receiver {what}: exit status {status} after {seconds:.2f} s")
    rig.expect(status == 0, f"exit status {status} with the receiver {what}")
    rig.expect(seconds <= 5, f"it took {seconds:.2f} s to stop with the receiver {what}")


def ready_after(agent):
    """Milliseconds from exec to the first yes of /ready. Told, not judged: the machine may be busy."""
    rig.wait_for("/ready", lambda: rig.get(agent.url("/ready"))[0] == 200, pause=0.001)
    return (time.monotonic() - agent.started) * 1000


def test(binary, directory):
    receiver = rig.Receiver()
    agent, base, log = start(binary, directory, receiver, "main")
    print(f"ready {ready_after(agent):.0f} ms after exec")
    check_requests(base)
    check_metrics_formats(base)
    check_promtool(f"{base}/metrics", agent.url("/metrics"))
    check_shipped(receiver, log)
    check_health(binary, agent)
    check_stop(agent, "up")
    rig.expect(agent.positions().get(str(log)), f"no position of the log was saved: {agent.positions()}")
    rig.expect(not receiver.errors, f"pushes that could not be decoded: {receiver.errors[:1]}")

    receiver.refuse()
    down, base, _ = start(binary, directory, receiver, "down")
    rig.get(f"{base}/")
    rig.wait_for("a refused push", lambda: down.metric("promtail_batch_retries_total") > 0)
    check_stop(down, "down")
    receiver.answer = lambda: rig.Answer(delay=60)
    receiver.listen()
    stalled, base, _ = start(binary, directory, receiver, "stalled")
    rig.get(f"{base}/")
    rig.wait_for("a push to be under way", lambda: stalled.metric("promtail_encoded_bytes_total") > 0)
    check_stop(stalled, "stalled")


if __name__ == "__main__":
    rig.main(test)
