#!/usr/bin/env python3
"""Lines through a real Loki and back: all of them, in order, with their labels, with and without tenants.

`loki` on PATH (or $LOKI) is started on loopback; $LOKI_URL is one that runs already, without tenants.
"""

import json
import os
import time
import urllib.parse

import yaml

import rig

LINES = 3000


def start_loki(directory, name, auth, limits=None):
    loki = rig.need("loki", "LOKI")
    port, grpc = rig.free_port(), rig.free_port()
    home = directory / f"loki-{name}"
    home.mkdir()
    loopback = {"instance_addr": "127.0.0.1"}
    config = {
        "auth_enabled": auth,
        "server": {"http_listen_address": "127.0.0.1", "http_listen_port": port, "grpc_listen_address": "127.0.0.1",
                   "grpc_listen_port": grpc, "log_level": "warn"},
        "common": {**loopback, "path_prefix": str(home), "replication_factor": 1,
                   "storage": {"filesystem": {"chunks_directory": f"{home}/chunks", "rules_directory": f"{home}/rules"}},
                   "ring": {**loopback, "kvstore": {"store": "inmemory"}}},
        "memberlist": {"bind_addr": ["127.0.0.1"], "bind_port": 0},
        "frontend": {"address": "127.0.0.1"},
        "schema_config": {"configs": [{"from": "2024-01-01", "store": "tsdb", "object_store": "filesystem",
                                       "schema": "v13", "index": {"prefix": "index_", "period": "24h"}}]},
        "analytics": {"reporting_enabled": False},
        "limits_config": limits or {},
    }
    (home / "config.yaml").write_text(yaml.safe_dump(config))
    rig.Process(f"loki-{name}", [loki, f"-config.file={home}/config.yaml"], directory)
    return f"http://127.0.0.1:{port}"


def query(base, selector, begin_ns, tenant=None):
    """[(labels, line)] in order of time, page by page."""
    headers = {"X-Scope-OrgID": tenant} if tenant else {}
    out, at_ns = [], begin_ns
    while True:
        arguments = urllib.parse.urlencode({"query": selector, "start": at_ns, "end": time.time_ns() + 10**9,
                                            "limit": 1000, "direction": "forward"})
        status, _, body = rig.get(f"{base}/loki/api/v1/query_range?{arguments}", headers)
        rig.expect(status == 200, f"query of {selector}: {status} {body[:300]!r}")
        page = [(int(ns), line, stream["stream"]) for stream in json.loads(body)["data"]["result"]
                for ns, line in stream["values"]]
        page.sort(key=lambda entry: entry[0])
        out += [(labels, line) for _, line, labels in page]
        if len(page) < 1000:
            return out
        at_ns = page[-1][0] + 1


def check(binary, directory, base, name, tenant=None):
    """Ships a file of its own to `base` and asks for it again."""
    log = directory / f"{name}.txt"
    run = f"{name}-{os.getpid()}-{time.time_ns()}"
    receiver_url = f"{base}{rig.PUSH}"
    begin_ns = time.time_ns()
    rig.Tailrace(binary, directory, {
        "clients": [{"url": receiver_url, "batchwait": "200ms", "external_labels": {"cluster": "e2e"},
                     **({"tenant_id": tenant} if tenant else {})}],
        "scrape_configs": [rig.job(log, run=run, stages=[
            {"regex": {"expression": r"level=(?P<level>\w+)"}}, {"labels": {"level": ""}}])],
    }, name=name)
    lines = [f"level={'error' if n % 10 == 0 else 'info'} line {n} with \"quotes\", \\ and ümlaut" for n in range(LINES)]
    log.write_text("".join(line + "\n" for line in lines[:LINES // 2]))
    with open(log, "a") as file:
        file.writelines(line + "\n" for line in lines[LINES // 2:])
    def stored():
        return query(base, '{run="%s"}' % run, begin_ns, tenant)
    rig.wait_for(lambda: f"{LINES} lines in Loki ({name}); it has {len(stored())}", lambda: len(stored()) >= LINES,
                 60, pause=0.3)
    found = stored()
    rig.expect([line for _, line in found] == lines, f"{name}: lines came back changed or out of order")
    for labels, line in found:
        want = {"job": "e2e", "run": run, "cluster": "e2e", "filename": str(log), "level": line.split()[0][6:]}
        got = {key: labels.get(key) for key in want}
        rig.expect(got == want, f"{name}: {line!r} came back with {labels}")
    errors = query(base, '{run="%s", level="error"} |= "line"' % run, begin_ns, tenant)
    rig.expect(len(errors) == LINES // 10, f"{name}: {len(errors)} lines of level error, not {LINES // 10}")
    return run, begin_ns


def test(binary, directory):
    if given := os.environ.get("LOKI_URL"):
        check(binary, directory, given.removesuffix(rig.PUSH).rstrip("/"), "given")
        return
    plain, tenants = start_loki(directory, "plain", False), start_loki(directory, "tenants", True)
    for base in (plain, tenants):
        rig.wait_for("Loki to be ready", lambda: rig.get(f"{base}/ready")[0] == 200, 120, pause=0.2)
    check(binary, directory, plain, "plain")
    check(binary, directory, plain, "named", tenant="team-a")  # without authentication the name is ignored
    run, begin_ns = check(binary, directory, tenants, "tenant", tenant="team-a")
    others = query(tenants, '{run="%s"}' % run, begin_ns, "team-b")
    rig.expect(not others, f"{len(others)} lines of one tenant are seen by another")


if __name__ == "__main__":
    rig.main(test)
