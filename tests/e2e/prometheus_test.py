#!/usr/bin/env python3
"""A real Prometheus scrapes the app, and its query API returns the requests that were made."""

import json
import urllib.parse

import yaml

import rig

REQUESTS = {"/": 30, "/unstable": 7, "/delay/1": 5}
ENDPOINTS = {"/": "/", "/unstable": "/unstable", "/delay/1": "/delay/{milliseconds}"}


def start_prometheus(directory, target):
    port = rig.free_port()
    config = directory / "prometheus.yml"
    config.write_text(yaml.safe_dump({
        "global": {"scrape_interval": "500ms", "scrape_timeout": "400ms"},
        "scrape_configs": [{"job_name": "app", "static_configs": [{"targets": [target]}]}],
    }))
    rig.Process("prometheus", [rig.need("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={directory}/tsdb",
                               f"--web.listen-address=127.0.0.1:{port}"], directory)
    return f"http://127.0.0.1:{port}"


def query(base, expression):
    """label set -> value of an instant query."""
    status, _, body = rig.get(f"{base}/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
    rig.expect(status == 200, f"{expression}: {status} {body!r}")
    return {tuple(sorted(result["metric"].items())): float(result["value"][1])
            for result in json.loads(body)["data"]["result"]}


def test(binary, directory):
    rig.need("prometheus")
    receiver = rig.Receiver()
    app_port = rig.free_port()
    base = f"http://127.0.0.1:{app_port}"
    agent = rig.Tailrace(binary, directory, {
        "app": {"listen_address": "127.0.0.1", "listen_port": app_port, "work_time_min": "0s", "work_time_max": "0s",
                "failure_rate": 0, "log": {"path": str(directory / "app-own.txt"), "stdout": False}},
        "clients": [rig.client(receiver)],
        "scrape_configs": [rig.job(directory / "app-own.txt")],
    }).wait_until_up()
    prometheus = start_prometheus(directory, f"127.0.0.1:{app_port}")
    rig.wait_for("Prometheus to start", lambda: rig.get(f"{prometheus}/-/ready")[0] == 200, 60)
    rig.wait_for("Prometheus to scrape the app", lambda: query(prometheus, 'up{job="app"} == 1'), 60)
    for path, count in REQUESTS.items():
        for _ in range(count):
            rig.expect(rig.get(base + path)[0] == 200, f"GET {path} failed")

    def counted():
        return query(prometheus, 'sum by (endpoint, status) (http_requests_total{job="app"})')
    want = {(("endpoint", ENDPOINTS[path]), ("status", "200")): count for path, count in REQUESTS.items()}
    rig.wait_for(lambda: f"Prometheus to know {want}; it says {counted()}", lambda: want.items() <= counted().items())
    greeted = query(prometheus, 'my_app_requests_total{job="app"}')
    rig.expect(list(greeted.values()) == [REQUESTS["/"]], f"my_app_requests_total: {greeted}")
    # A rate needs two scrapes.
    quantile = 'histogram_quantile(0.99, sum by (le) (rate(http_request_latency_seconds_bucket{job="app"}[1m])))'
    rig.wait_for("a latency quantile", lambda: query(prometheus, quantile))
    rig.expect(query(prometheus, 'tailrace_build_info{job="app"}'), "tailrace_build_info is not there")
    rig.expect(agent.alive(), "tailrace ended")


if __name__ == "__main__":
    rig.main(test)
