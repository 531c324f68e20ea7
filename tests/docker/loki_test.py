#!/usr/bin/env python3
"""A real Loki accepts docker/loki-config.yml, runs with it, deletes by it, and understands every query of ours.

Needs a `loki` binary: on PATH, or named by $LOKI.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import stack


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def wait_for(what, check, seconds=60):
    """Polls `check` until it gives something true. Loki has no other way to say that it is ready."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            result = check()
            if result:
                return result
        time.sleep(0.1)
    raise TimeoutError(what)


def local_config(directory, port):
    """Our configuration with its paths and ports moved; nothing else may change."""
    text = (stack.DOCKER / "loki-config.yml").read_text()
    for old, new in (
        ("path_prefix: /loki\n", f"path_prefix: {directory}\n"),
        ("_directory: /loki/", f"_directory: {directory}/"),
        ("http_listen_port: 3100\n", f"http_listen_port: {port}\n  http_listen_address: 127.0.0.1\n"),
        ("grpc_listen_port: 9096\n", f"grpc_listen_port: {free_port()}\n  grpc_listen_address: 127.0.0.1\n"),
        ("compaction_interval: 10m\n", "compaction_interval: 1s\n"),
    ):
        if old not in text:
            raise ValueError(f"loki-config.yml has no {old!r} any more; adapt this test")
        text = text.replace(old, new)
    path = os.path.join(directory, "config.yml")
    with open(path, "w") as file:
        file.write(text)
    return path


def push(base, stream, entries):
    body = json.dumps({"streams": [{"stream": stream, "values": entries}]}).encode()
    request = urllib.request.Request(f"{base}/loki/api/v1/push", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def query(base, expression):
    now = time.time_ns()
    arguments = urllib.parse.urlencode({"query": expression, "start": now - 10**12, "end": now + 10**9, "step": "60"})
    return json.loads(get(f"{base}/loki/api/v1/query_range?{arguments}"))["data"]["result"]


def check_running(base):
    now = time.time_ns()
    stream = {"service": "tailrace", "job": "app", "level": "info"}
    status, text = push(base, stream, [[str(now), "it works", {"trace": "abc"}]])
    if status != 204:
        yield f"push: {status} {text}"
    status, text = push(base, stream, [[str(now - 8 * 86400 * 10**9), "too old"]])
    if status != 400:
        yield f"a line of eight days ago was answered with {status}; it would vanish without a word"
    found = wait_for("the line pushed", lambda: query(base, '{service="tailrace"}'))
    if found[0]["values"][0][1] != "it works" or found[0]["stream"].get("trace") != "abc":
        yield f"the line came back as {found}"
    for where, expression in stack.queries("loki"):
        try:
            query(base, stack.without_variables(expression))
        except urllib.error.HTTPError as error:
            yield f"{where}: {expression}: {error.read().decode()}"
    # The compactor's own word that retention ran: hiding old logs at query time would leave this at 0.
    metric = "loki_compactor_apply_retention_last_successful_run_timestamp_seconds"

    def retention_ran():
        lines = [line for line in get(f"{base}/metrics").splitlines() if line.startswith(metric)]
        return any(float(line.split()[-1]) > 0 for line in lines)

    wait_for("retention to run", retention_ran)


def main():
    loki = os.environ.get("LOKI") or shutil.which("loki")
    if not loki:
        stack.skip("no loki on PATH and $LOKI is not set")
    config = stack.DOCKER / "loki-config.yml"
    verified = subprocess.run([loki, f"-config.file={config}", "-verify-config"], capture_output=True, text=True)
    if verified.returncode != 0:
        stack.finish([f"loki refuses the configuration: {verified.stdout}{verified.stderr}"])
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        with open(os.path.join(directory, "log"), "w+") as log:
            process = subprocess.Popen([loki, f"-config.file={local_config(directory, port)}"], stdout=log, stderr=log)
            try:
                wait_for("Loki to be ready", lambda: get(f"{base}/ready"))
                errors = list(check_running(base))
            except (TimeoutError, urllib.error.URLError) as error:
                log.seek(0)
                errors = [f"{error!r}\n{log.read()[-3000:]}"]
            finally:
                process.terminate()
                process.wait(30)
    stack.finish(errors)


if __name__ == "__main__":
    main()
