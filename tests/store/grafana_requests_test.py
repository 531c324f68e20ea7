#!/usr/bin/env python3
"""What Grafana's Loki data source and Logs Drilldown ask, asked of tailrace with a store, and the answers read as
they read them: as a stream, so that the order of keys counts.

    grafana_requests_test.py path/to/tailrace
"""

import base64
import gzip
import json
import os
import pathlib
import socket
import sys
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import rig  # noqa: E402

FLAG = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
GRAFANA = {"User-Agent": "Grafana/12.0.0", "X-Query-Tags": "Source=explore", "X-Scope-OrgID": "anything",
           "Accept-Encoding": "gzip"}
MINUTE = 60 * 10**9


class Order(rig.Failure):
    """Keys or elements that do not come in the order in which a client reads them."""


def stream_read(text):
    """JSON with objects as lists of pairs: order and repeated names are seen."""
    def pairs(found):
        names = [name for name, _ in found]
        rig.expect(len(set(names)) == len(names), f"a key comes twice: {names}")
        return ("object", found)
    return json.loads(text, object_pairs_hook=pairs)


def members(value, what):
    rig.expect(isinstance(value, tuple) and value[0] == "object", f"{what} is no object: {value!r:.200}")
    return value[1]


def keys_in_order(value, order, what, needed=()):
    found = members(value, what)
    names = [name for name, _ in found]
    rig.expect(names == sorted(names, key=lambda name: order.index(name) if name in order else len(order))
               and set(names) <= set(order), f"{what}: keys {names}, to come in the order {order}")
    for name in needed:
        rig.expect(name in names, f"{what}: there is no {name}")
    return dict(found)


def plain(value):
    """Objects as dictionaries again."""
    if isinstance(value, tuple):
        return {name: plain(each) for name, each in value[1]}
    return [plain(each) for each in value] if isinstance(value, list) else value


def strings(value, what):
    for name, text in members(value, what):
        rig.expect(isinstance(text, str), f"{what}: the value of {name} is no string: {text!r}")


def read_rows(stream, categorized):
    rows = stream["values"]
    for row in rows:
        rig.expect(len(row) == (3 if categorized else 2), f"a row with {len(row)} elements: {row!r:.300}")
        rig.expect(isinstance(row[0], str) and row[0].isdigit() and len(row[0]) == 19, f"time of a line: {row[0]!r}")
        rig.expect(isinstance(row[1], str), f"a line is no string: {row!r:.300}")
        if categorized:
            groups = keys_in_order(row[2], ["structuredMetadata", "parsed"], "third element")
            for name, group in groups.items():
                rig.expect(members(group, name), f"an empty group {name}")
                strings(group, name)
    return rows


def read_query(text, categorized):
    """A query's answer as the data source's parser goes through it."""
    top = keys_in_order(stream_read(text), ["status", "warnings", "data"], "answer", ["status", "data"])
    rig.expect(top["status"] == "success", f"status {top['status']}")
    data = keys_in_order(top["data"], ["resultType", "encodingFlags", "result", "stats"], "data",
                         ["resultType", "result", "stats"])
    kind = data["resultType"]
    if kind == "streams":
        rig.expect(("encodingFlags" in data) == categorized, "encodingFlags are there without being asked for, or not")
        if categorized:
            rig.expect(data["encodingFlags"] == ["categorize-labels"], f"encodingFlags {data['encodingFlags']}")
    stats = keys_in_order(data["stats"], ["summary", "ingester"], "stats", ["summary"])
    summary = dict(members(stats["summary"], "summary"))
    for name in ("bytesProcessedPerSecond", "linesProcessedPerSecond", "totalBytesProcessed", "totalLinesProcessed",
                 "execTime", "totalEntriesReturned", "totalPostFilterLines"):
        rig.expect(isinstance(summary.get(name), (int, float)), f"summary.{name}: {summary.get(name)!r}")
    out = []
    if kind == "scalar":
        return kind, data["result"]
    for series in data["result"]:
        if kind == "streams":
            stream = keys_in_order(series, ["stream", "values"], "stream", ["stream", "values"])
            strings(stream["stream"], "stream")
            out.append((plain(stream["stream"]), [plain(row) for row in read_rows(stream, categorized)]))
            continue
        value = "values" if kind == "matrix" else "value"
        series = keys_in_order(series, ["metric", value], "series", ["metric", value])
        strings(series["metric"], "metric")
        samples = series[value] if kind == "matrix" else [series[value]]
        for sample in samples:
            rig.expect(len(sample) == 2 and isinstance(sample[0], (int, float)) and isinstance(sample[1], str),
                       f"a sample {sample!r}")
        out.append((plain(series["metric"]), samples))
    return kind, out


class Api:
    def __init__(self, base):
        self.base = base

    def ask(self, path, headers=None, **parameters):
        """(status, content type, text), through gzip as Grafana's client does it."""
        url = f"{self.base}{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        status, answer, body = rig.get(url, {**GRAFANA, **(headers or {})})
        if answer.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return status, answer.get("Content-Type"), body.decode()

    def good(self, path, headers=None, **parameters):
        status, kind, text = self.ask(path, headers, **parameters)
        rig.expect(status == 200, f"{path} {parameters}: {status} {text:.300}")
        rig.expect(kind == "application/json; charset=UTF-8", f"{path}: {kind}")
        rig.expect(text.endswith("}\n"), f"{path}: does not end in a newline")
        return text

    def query_range(self, query, start, end, categorized=True, **more):
        text = self.good("/loki/api/v1/query_range", FLAG if categorized else None, query=query, start=start, end=end,
                         **{"direction": "backward", "step": "15000ms", **more})
        return read_query(text, categorized)

    def query(self, query, **more):
        return read_query(self.good("/loki/api/v1/query", FLAG, query=query, direction="backward", **more), True)


def push(base, streams):
    body = json.dumps({"streams": streams}).encode()
    request = urllib.request.Request(f"{base}/loki/api/v1/push", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        rig.expect(answer.status == 204, f"push: {answer.status}")


def make_data(base, begin):
    app, js = [], []
    for n in range(120):
        at = str(begin + n * 10**9)
        level = ["info", "warn", "error"][n % 3]
        app.append([at, f'level={level} msg="request {n}" status={200 + n % 3} dur={n}ms size={n + 1}KB',
                    {"trace_id": f"t{n % 4}"}] if n % 2 else
                   [at, f'level={level} msg="request {n}" status={200 + n % 3} dur={n}ms size={n + 1}KB'])
        js.append([at, json.dumps({"level": level, "user": {"id": n % 7}, "path": f"/{n % 5}", "latency": f"{n}ms",
                                   "host": f"h{n % 2}", "text": "<b>&\u2028 \u00fc"})])
    push(base, [{"stream": {"job": "app", "service_name": "app", "env": "dev"}, "values": app},
                {"stream": {"job": "js", "service_name": "js", "env": "prod"}, "values": js}])


def data_source(api, begin):
    end = begin + 5 * MINUTE
    # "Save & test"
    kind, result = api.query("vector(1)+vector(1)", time="4000000000")
    rig.expect((kind, result) == ("vector", [({}, [[4000000000, "2"]])]), f"health check: {kind} {result}")
    # Explore, without and with the flag
    for categorized in (True, False):
        kind, streams = api.query_range('{job="app"}', begin, end, categorized, limit=1000)
        rows = [row for _, rows in streams for row in rows]
        rig.expect(kind == "streams" and len(rows) == 120, f"{len(rows)} lines")
        # With the flag metadata does not make streams of its own.
        rig.expect(len(streams) == (1 if categorized else 9), f"{len(streams)} streams, categorized: {categorized}")
        for _, rows in streams:
            times = [row[0] for row in rows]
            rig.expect(times == sorted(times, reverse=True), "rows are not in the order asked for")
    kind, streams = api.query_range('{job="js"} | json | user_id="3"', begin, end, limit=1000)
    rig.expect(all(row[2]["parsed"]["user_id"] == "3" and row[2]["structuredMetadata"] for _, rows in streams
                   for row in rows) and streams, "parsed labels are not where they belong")
    rig.expect("<b>&\u2028 \u00fc" in json.loads(streams[0][1][0][1])["text"], "a line came back changed")
    # Log volume histogram
    kind, series = api.query_range("sum by (level, detected_level) (count_over_time({job=\"app\"} | drop __error__[30s]))",
                                   begin, end, step="30000ms")
    rig.expect(kind == "matrix" and [labels for labels, _ in series] ==
               [{"detected_level": level} for level in ("error", "info", "warn")], f"histogram: {series}")
    rig.expect(sum(float(value) for _, samples in series for _, value in samples) == 120, "lines counted wrongly")
    rig.expect(all(time % 30 == 0 for _, samples in series for time, _ in samples), "points are no multiples of the step")
    # Instant metric query, data sample, empty ones
    kind, series = api.query('sum by (host) (rate({job="js"} | json [5m]))', time=str(end))
    rig.expect(kind == "vector" and len(series) == 2, f"instant: {series}")
    kind, streams = api.query_range('{job="js"}', begin, end, limit=10)
    rig.expect(sum(len(rows) for _, rows in streams) == 10, "limit")
    rig.expect(api.query_range('{job="none"}', begin, end) == ("streams", []), "nothing found")
    rig.expect(api.query_range('rate({job="none"}[1m])', begin, end) == ("matrix", []), "nothing counted")
    # Log context: the line itself, before and behind it
    middle = begin + 60 * 10**9
    _, before = api.query_range('{job="app"}', middle - 120 * MINUTE, middle, limit=5, direction="backward")
    _, behind = api.query_range('{job="app"}', middle, middle + 120 * MINUTE, limit=5, direction="forward")
    rig.expect([row[0] for row in before[0][1]] == [str(middle - n * 10**9) for n in range(1, 6)], "context before")
    rig.expect([row[0] for row in behind[0][1]] == [str(middle + n * 10**9) for n in range(5)], "context behind")
    # Label browser, variables
    times = {"start": begin, "end": end}
    for path, parameters, want in (
            ("/labels", times, ["env", "job", "service_name"]),
            ("/labels", {**times, "query": '{job="none"}'}, []),
            ("/label/job/values", times, ["app", "js"]),
            ("/label/job/values", {**times, "query": '{env="prod"}'}, ["js"]),
            ("/label/__stream_shard__/values", times, [])):
        answer = keys_in_order(stream_read(api.good("/loki/api/v1" + path, **parameters)), ["status", "data"], path)
        rig.expect(answer == {"status": "success", "data": want}, f"{path}: {answer}")
    answer = plain(stream_read(api.good("/loki/api/v1/series", **times, **{"match[]": '{job="app"}'})))
    rig.expect(answer["data"] == [{"env": "dev", "job": "app", "service_name": "app"}], f"series: {answer}")
    # The estimate under the editor
    stats = plain(stream_read(api.good("/loki/api/v1/index/stats", **times, query='{job="app"}')))
    rig.expect(list(stats) == ["streams", "chunks", "bytes", "entries"] and stats["streams"] == 1
               and stats["entries"] == 120 and all(isinstance(value, int) for value in stats.values()), f"stats {stats}")
    # Errors are plain text that stands under the editor
    for query, want in (('{job="app"', "parse error at line 1, col 11: syntax error: unexpected $end"),
                        ('{job=~".*"}', "parse error : queries require at least one regexp or equality matcher"),
                        ('{job="app"} |~ "("', "parse error : stage '|~ \"(\"' : error parsing regexp: missing closing )")):
        status, kind, text = api.ask("/loki/api/v1/query_range", FLAG, query=query, **times)
        rig.expect(status == 400 and kind == "text/plain; charset=utf-8" and text.startswith(want), f"{query}: {status} {text}")
    status, _, text = api.ask("/loki/api/v1/rules")
    rig.expect(status == 404 and "page not found" in text, f"rules: {status} {text}")
    # Long queries in the URL
    long_query = '{job="app"} |~ "' + "|".join(f"needle{n:06}" for n in range(4000)) + '"'
    rig.expect(api.query_range(long_query, begin, end) == ("streams", []), "a query of 50 KiB")


def drilldown(api, begin):
    def iso(ns):
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 10**9)) + ".000Z"
    times = {"start": iso(begin - 10**9), "end": iso(begin + 5 * MINUTE)}
    # Landing page
    top = keys_in_order(stream_read(api.good("/loki/api/v1/index/volume", query='{service_name=~".+"}', limit="5000", **times)),
                        ["status", "data"], "volume")
    data = keys_in_order(top["data"], ["resultType", "result", "stats"], "volume's data", ["resultType", "result"])
    rig.expect(data["resultType"] == "vector", "volume is no vector")
    rows = [{name: plain(value) for name, value in keys_in_order(row, ["metric", "value"], "volume's row").items()}
            for row in data["result"]]
    rig.expect([row["metric"] for row in rows] == [{"service_name": "js"}, {"service_name": "app"}]
               and int(rows[0]["value"][1]) > int(rows[1]["value"][1]) > 0, f"volume: {rows}")
    kind, series = api.query_range('sum by (detected_level) (count_over_time({service_name="app"} | detected_level != "" [5s]))',
                                   begin, begin + 2 * MINUTE, step="5000ms")
    rig.expect(kind == "matrix" and len(series) == 3, f"levels: {series!r:.200}")
    # A service's page
    labels = plain(stream_read(api.good("/loki/api/v1/detected_labels", query='{service_name="app"}', **times)))
    rig.expect({"label": "service_name", "cardinality": 1} in labels["detectedLabels"], f"{labels}")
    fields = stream_read(api.good("/loki/api/v1/detected_fields", query='{service_name="js"}', line_limit="1000", **times))
    found = {}
    for field in dict(members(fields, "fields"))["fields"]:
        field = dict(keys_in_order(field, ["label", "type", "cardinality", "parsers", "jsonPath"], "field"))
        found[field["label"]] = field
    rig.expect(found["user_id"] == {"label": "user_id", "type": "int", "cardinality": 7, "parsers": ["json"],
                                    "jsonPath": ["user", "id"]}, f"user_id: {found.get('user_id')}")
    rig.expect(found["latency"]["type"] == "duration" and found["detected_level"]["parsers"] is None, f"{found}")
    values = plain(stream_read(api.good("/loki/api/v1/detected_field/level/values", query='{service_name="js"}', **times)))
    rig.expect(values["values"] == ["error", "info", "warn"], f"{values}")
    for query in ('{service_name="app"} | json | logfmt | drop __error__, __error_details__',
                  'sum by (status) (count_over_time({service_name="app"} | json | logfmt | drop __error__, __error_details__ | status!="" [10s]))',
                  'avg_over_time({service_name="app"} | logfmt | unwrap bytes(size) | __error__="" [10s]) by ()',
                  'avg_over_time({service_name="app"} | logfmt | unwrap duration(dur) | __error__="" [10s]) by ()',
                  'sum by (trace_id) (count_over_time({service_name="app"} | keep trace_id [3600s]))',
                  '{service_name="app"} |> `level=<_> msg=<_>` | pattern `level=<f1> msg=<f2>` | keep f1, f2 | line_format ""',
                  '{service_name="js"} | json user_id="user[\\"id\\"]" | line_format "{{.user_id}}"'):
        kind, result = api.query_range(query, begin, begin + 3 * MINUTE)
        rig.expect(result, f"nothing for {query}")
    rig.expect(plain(stream_read(api.good("/loki/api/v1/patterns", query='{service_name="app"}', **times))) ==
               {"status": "success", "data": []}, "patterns")
    limits = plain(stream_read(api.good("/loki/api/v1/drilldown-limits")))
    rig.expect(limits["limits"]["volume_enabled"] is True and limits["pattern_ingester_enabled"] is False, f"{limits}")


class Tail:
    """A WebSocket to the tail endpoint, with the headers of Grafana's proxy."""

    def __init__(self, port, **parameters):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /loki/api/v1/tail?{urllib.parse.urlencode(parameters)} HTTP/1.1\r\nHost: store\r\n"
                             f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
                             f"Origin: http://grafana:3000\r\nUser-Agent: Grafana/12.0.0\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        status = self.file.readline()
        rig.expect(b" 101 " in status, f"tail: {status!r}")
        while self.file.readline() not in (b"\r\n", b""):
            pass

    def frame(self):
        head = self.file.read(2)
        rig.expect(len(head) == 2, "the tail's connection ended without a close frame")
        size = head[1] & 0x7f
        if size > 125:
            size = int.from_bytes(self.file.read(2 if size == 126 else 8), "big")
        return head[0] & 15, self.file.read(size)

    def message(self):
        while True:
            opcode, payload = self.frame()
            if opcode != 9:
                return opcode, payload


def tail(binary_port, base):
    client = Tail(binary_port, query='{job="tail"}')
    for text in ("first", "second"):
        at = str(time.time_ns())
        push(base, [{"stream": {"job": "tail"}, "values": [[at, text]]}])
        opcode, payload = client.message()
        rig.expect(opcode == 1, f"frame {opcode}: {payload!r}")
        frame = keys_in_order(stream_read(payload.decode()), ["streams", "dropped_entries", "encodingFlags"], "frame", ["streams"])
        rows = read_rows(keys_in_order(frame["streams"][0], ["stream", "values"], "stream"), False)
        rig.expect(rows == [[at, text]] and "encodingFlags" not in frame, f"tail: {payload!r}")
    return client


def test(binary, directory):
    port = rig.free_port()
    process = rig.Tailrace(binary, directory, {
        "store": {"http_listen_address": "127.0.0.1", "http_listen_port": port, "path": str(directory / "store")},
        "clients": [{"url": f"http://127.0.0.1:{port}/loki/api/v1/push"}],
    }).wait_until_up()
    api = Api(f"http://127.0.0.1:{port}")
    begin = (time.time_ns() // MINUTE - 10) * MINUTE
    make_data(api.base, begin)
    data_source(api, begin)
    drilldown(api, begin)
    client = tail(port, api.base)
    # A stop is told to those who follow.
    process.popen.terminate()
    opcode, payload = client.message()
    rig.expect((opcode, payload[:2]) == (8, b"\x03\xe9"), f"at the end came frame {opcode} {payload!r}, not 1001")
    status, _ = process.terminate()
    rig.expect(status == 0, f"exit status {status}")


if __name__ == "__main__":
    rig.main(test)
