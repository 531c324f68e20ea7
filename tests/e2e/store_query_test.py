#!/usr/bin/env python3
"""Queries of the embedded store cost what their answer needs: memory does not grow with the range, and they stop when
the client is gone, at their deadline, and at their limit of bytes."""

import http.client
import json
import socket
import time
import urllib.parse

import rig

MEGABYTES = 150
MEMORY_MAX = 24 << 20  # that queries may add
SLOW = 'sum by (n) (count_over_time({job="much"} | logfmt | n > 5 [1m]))'


class Rig:
    def __init__(self, binary, directory, name, **store):
        self.port = rig.free_port()
        self.agent = rig.Tailrace(binary, directory, {
            "store": {"path": str(directory / "store"), "http_listen_port": self.port, **store},
            "clients": [{"url": f"http://127.0.0.1:{self.port}/loki/api/v1/push"}],
            "scrape_configs": [rig.job(directory / "nothing.log")],
        }, name=name).wait_until_up()

    def path(self, query, limit=10):
        end = time.time_ns()
        return "/loki/api/v1/query_range?" + urllib.parse.urlencode(
            {"query": query, "limit": limit, "step": "60s", "start": end - 3 * 3600 * 10**9, "end": end})

    def ask(self, query, limit=10):
        status, _, body = rig.get(f"http://127.0.0.1:{self.port}{self.path(query, limit)}", timeout=120)
        return status, body.decode()

    def scanned(self):
        return self.agent.metric("tailrace_store_scanned_bytes_total")


def fill(port):
    ns = time.time_ns() - 3600 * 10**9
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for part in range(MEGABYTES):
        values = [[str(ns + (part * 4000 + i) * 1000), f"n={i % 10} part={part} i={i} " + "x" * 230] for i in range(4000)]
        connection.request("POST", "/loki/api/v1/push", json.dumps(
            {"streams": [{"stream": {"job": "much"}, "values": values}]}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        rig.expect(answer.status == 204, f"a push was answered with {answer.status}")


def test(binary, directory):
    store = Rig(binary, directory, "fill")
    fill(store.port)
    store.agent.terminate()

    store = Rig(binary, directory, "memory")
    before = store.agent.memory_max()
    for query, limit in [('{job="much"} |= "part=7 i=77 "', 10), ('{job="much"}', 100), ("count_over_time({job=\"much\"}[1m])", 10),
                         ('{job="much"} |= "nowhere"', 5000), ('sum(rate({job="much"} | logfmt | n="3" [5m]))', 10)]:
        status, body = store.ask(query, limit)
        rig.expect(status == 200, f"{query}: {status} {body[:200]}")
        added = store.agent.memory_max() - before
        rig.expect(added < MEMORY_MAX, f"{query} over {MEGABYTES} MB took memory to {added >> 20} MiB more")
    print(f"queries added {added >> 20} MiB at most")

    # Whole, then with a client that goes away.
    begin, scanned = time.monotonic(), store.scanned()
    rig.expect(store.ask(SLOW)[0] == 200, "the slow query")
    seconds, whole = time.monotonic() - begin, store.scanned() - scanned
    scanned = store.scanned()
    with socket.create_connection(("127.0.0.1", store.port)) as gone:
        gone.sendall(f"GET {store.path(SLOW)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        rig.wait_for("the query to run", lambda: store.agent.metric("tailrace_store_queries") == 1, 5, pause=0.005)
    begin = time.monotonic()
    rig.wait_for("the query to stop", lambda: store.agent.metric("tailrace_store_queries") == 0, 5, pause=0.005)
    rig.expect(store.scanned() - scanned < whole, "it went on to the end")
    print(f"whole {seconds:.2f} s; stopped {time.monotonic() - begin:.2f} s after its client had gone")
    status, _ = store.agent.terminate()
    rig.expect(status == 0, f"exit status {status}")

    store = Rig(binary, directory, "limits", query_timeout="50ms", max_query_bytes_read="20MB", max_query_series=3)
    begin = time.monotonic()
    status, body = store.ask(SLOW)
    rig.expect((status == 504 and "timed out" in body) or (status == 400 and "too many bytes" in body), f"{status} {body}")
    rig.expect(time.monotonic() - begin < seconds, "a deadline that is none")
    store.agent.terminate()
    store = Rig(binary, directory, "bytes", max_query_bytes_read="20MB", max_query_series=3)
    status, body = store.ask('{job="much"} |= "nowhere"')
    rig.expect(status == 400 and "too many bytes" in body, f"{status} {body}")
    rig.expect(store.scanned() < 40 << 20, "it read on")
    store.agent.terminate()
    store = Rig(binary, directory, "deadline", query_timeout="50ms")
    status, body = store.ask(SLOW)
    rig.expect(status == 504 and "timed out" in body, f"{status} {body}")


if __name__ == "__main__":
    rig.main(test)
