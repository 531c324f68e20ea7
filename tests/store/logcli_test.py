#!/usr/bin/env python3
"""logcli against tailrace's store and against a real Loki with the same data: equal output, equal exit codes.

    logcli_test.py path/to/tailrace

`logcli` and `loki` are looked for on PATH ($LOGCLI, $LOKI name others).
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import rig  # noqa: E402
import loki_test  # noqa: E402

SECOND = 10**9
# Bytes of metadata are counted differently (Loki: symbols), so what counts bytes is asked where there is none.
LIMITS = {"discover_log_levels": False, "volume_enabled": True}


def push(base, streams):
    body = json.dumps({"streams": streams}).encode()
    request = urllib.request.Request(f"{base}/loki/api/v1/push", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        rig.expect(answer.status == 204, f"push: {answer.status}")


def make_streams(begin):
    app, js, meta = [], [], []
    for n in range(150):
        at = begin + n * SECOND
        app.append([str(at), f'level={["info", "warn"][n % 2]} msg="line {n}" size={n + 1}KB dur={n}ms'])
        js.append([str(at + 1), json.dumps({"n": n, "user": {"id": n % 7}, "ok": n % 2 == 0, "text": "\u00e4 <b> \u4e16"})])
        if n < 40:
            meta.append([str(at + 2), f"traced {n}", {"trace_id": f"t{n % 3}"}])
    return [{"stream": {"job": "app", "env": "dev", "host": "h1"}, "values": app},
            {"stream": {"job": "js", "env": "prod", "host": "h2"}, "values": js},
            {"stream": {"job": "meta", "env": "prod"}, "values": meta}]


class Logcli:
    def __init__(self, bases):
        self.program = rig.need("logcli", "LOGCLI")
        self.bases = bases

    def command(self, base, arguments):
        return [self.program, f"--addr={base}", "--timezone=UTC", *arguments]

    def run(self, base, arguments):
        """(exit code, stdout, stderr without times of its own and addresses)."""
        done = subprocess.run(self.command(base, arguments), capture_output=True, timeout=60, check=False)
        errors = re.sub(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", "", done.stderr.decode(), flags=re.M)
        errors = "\n".join(line for line in errors.splitlines() if "http://" not in line)
        return done.returncode, done.stdout.decode(), errors

    def same(self, *arguments, code=0, lines=None, as_json=False, unordered=False, notes=True):
        """The same of both; `lines`: so many of stdout; `unordered`: Loki leaves their order open."""
        ours, theirs = (self.run(base, arguments) for base in self.bases)
        what = "logcli " + " ".join(arguments)
        rig.expect(theirs[0] == code, f"{what}: Loki ends with {theirs[0]}: {theirs[1:]}")
        rig.expect(ours[0] == code, f"{what}: we end with {ours[0]}, Loki with {theirs[0]}: {ours[1:]}")
        a, b = ours[1], theirs[1]
        if unordered:
            a, b = ("".join(sorted(text.splitlines(True))) for text in (a, b))
        if as_json:
            a, b = normal_json(a), normal_json(b)
        rig.expect(a == b, f"{what}: different output\n--- Loki\n{b[:3000]}\n--- ours\n{a[:3000]}")
        if code == 0 and notes:
            rig.expect(ours[2] == theirs[2], f"{what}: different notes\n--- Loki\n{theirs[2]}\n--- ours\n{ours[2]}")
        if lines is not None:
            rig.expect(len(a.splitlines()) == lines, f"{what}: {len(a.splitlines())} lines\n{a[:2000]}")


def normal_json(text):
    """Series in the order of their labels: that of an answer is left open."""
    value = json.loads(text)
    if isinstance(value, list):
        value.sort(key=lambda series: json.dumps(series.get("metric", series), sort_keys=True))
    return json.dumps(value, indent=1, sort_keys=True)


def queries(cli, window):
    query = ["query", *window]
    for direction in ([], ["--forward"]):
        cli.same(*query, *direction, '{job="app"}', lines=30)
        # Page after page: the ends of pages are asked for twice.
        cli.same(*query, *direction, "--limit=120", "--batch=25", '{job="app"}', lines=120)
        cli.same(*query, *direction, "--limit=0", "--batch=40", '{job="js"}', lines=150)
        cli.same(*query, *direction, "--output=raw", "--limit=500", '{job="meta"}', lines=40)
        cli.same(*query, *direction, "--limit=200", '{job="app"} | logfmt | level="warn"', lines=75)
        cli.same(*query, *direction, "--limit=20", '{env=~".+"} |~ "1[0-9]" | drop trace_id')
        cli.same(*query, *direction, "--interval=10s", "--limit=100", '{job="app"}', lines=15,
                 notes=False)  # Loki's pages overlap in another way
    cli.same(*query, "--output=jsonl", "--limit=40", '{job="js"} | json', lines=40)
    cli.same(*query, "--include-common-labels", "--limit=5", '{job="js"} | json | user_id="3"', lines=5)
    cli.same(*query, "--no-labels", '{job="app"} |= "line 7"')
    cli.same(*query, '{job="none"}', lines=0)
    for text in ('sum by (job) (count_over_time({env=~".+"}[30s]))', 'rate({job="app"} | logfmt | level="warn" [1m])',
                 'quantile_over_time(0.9, {job="app"} | logfmt | unwrap duration(dur) [1m]) by (level)'):
        cli.same(*query, "--step=15s", text, as_json=True)
        cli.same("instant-query", f"--now={window[1].removeprefix('--to=')}", text, as_json=True)
    cli.same("instant-query", f"--now={window[1].removeprefix('--to=')}", "vector(1)+vector(1)", as_json=True)
    for text in ("{", '{job="app"} | nonsense', '{job=~".*"}', 'sum({job="app"})', ""):
        cli.same(*query, text, code=1)
        cli.same("instant-query", text, code=1)
    cli.same("instant-query", '{job="app"}', code=1)
    cli.same(*query, "--limit=6000", "--batch=6000", '{job="app"}', code=1)


def labels(cli, window):
    cli.same("labels", *window, lines=4)
    for name in ("job", "env", "host", "nope"):
        cli.same("labels", *window, name)
    cli.same("series", *window, '{job=~".+"}', unordered=True, lines=3)
    cli.same("series", *window, "--analyze-labels", '{env="prod"}', unordered=True)
    cli.same("series", *window, "{}", unordered=True, lines=3)
    cli.same("series", *window, '{job="none"}')
    cli.same("series", *window, "{", code=1)


def kilobytes_apart(cli, *arguments):
    """Series and times the same of both, values as near as Loki's index is exact: a KiB for a chunk."""
    ours, theirs = (cli.run(base, arguments) for base in cli.bases)
    what = "logcli " + " ".join(arguments)
    rig.expect(ours[0] == theirs[0] == 0, f"{what}: {ours} {theirs}")
    ours, theirs = json.loads(ours[1]), json.loads(theirs[1])
    if arguments[0] == "volume_range":  # by the first value, which Loki rounds
        ours, theirs = (sorted(found, key=lambda series: json.dumps(series["metric"])) for found in (ours, theirs))
    rig.expect([series["metric"] for series in ours] == [series["metric"] for series in theirs] and ours,
               f"{what}: Loki {theirs}, ours {ours}")
    for mine, other in zip(ours, theirs):
        mine, other = (series["values"] if "values" in series else [series["value"]] for series in (mine, other))
        rig.expect([time_ for time_, _ in mine] == [time_ for time_, _ in other], f"{what}: Loki {theirs}, ours {ours}")
        for (_, a), (_, b) in zip(mine, other):
            rig.expect(abs(int(a) - int(b)) <= 2 * 1024, f"{what}: Loki {theirs}, ours {ours}")


def amounts(cli, window, theirs):
    plain = '{job=~"app|js"}'
    # Loki's index knows only what is flushed.
    urllib.request.urlopen(urllib.request.Request(f"{theirs}/flush", method="POST"), timeout=20).close()
    rig.wait_for("Loki's flush", lambda: "entries: 300" in cli.run(theirs, ["stats", *window, plain])[1], 60, pause=0.5)
    for text in (plain, '{job="app"}', '{job="none"}'):
        found = [re.findall(r"(chunks|streams|entries): (\d+)", cli.run(base, ["stats", *window, text])[1])
                 for base in cli.bases]
        rig.expect(found[0] == found[1] and len(found[0]) == 3, f"stats of {text}: ours {found[0]}, Loki {found[1]}")
    cli.same("stats", *window, '{job="app"} |= "x"', code=1)
    for more in ([], ["--targetLabels=env"], ["--targetLabels=job,host"], ["--aggregateByLabels"], ["--limit=1"]):
        kilobytes_apart(cli, "volume", *window, *more, plain)
    kilobytes_apart(cli, "volume_range", *window, "--step=60s", plain)
    kilobytes_apart(cli, "volume_range", *window, "--step=45s", "--targetLabels=env", plain)
    cli.same("detected-fields", *window, '{job="app"}', unordered=True)
    cli.same("detected-fields", *window, '{job="js"}', unordered=True)


def follow(cli, bases):
    """Both follow what is pushed to both."""
    old = int(time.time() - 60) * SECOND
    for base in bases:
        # With metadata each is of one of two streams; the order is that of time nevertheless.
        push(base, [{"stream": {"job": "live"},
                     "values": [[str(old + n), f"old l {n}", {"part": f"p{n % 2}"}] for n in range(7)]}])
    tails = [subprocess.Popen(cli.command(base, ["query", "--tail", "--limit=5", "--since=1h", '{job="live"} |= "l"']),
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for base in bases]
    outputs = [b"", b""]
    try:
        for tail_ in tails:
            os.set_blocking(tail_.stdout.fileno(), False)
        def read():
            for at, tail_ in enumerate(tails):
                outputs[at] += tail_.stdout.read() or b""
        # The history is there when both show it; then they follow.
        rig.wait_for("the history", lambda: read() or all(len(text.splitlines()) >= 5 for text in outputs), 20)
        for n in range(20):
            row = [str(time.time_ns()), f"live {n}"]
            for base in bases:
                push(base, [{"stream": {"job": "live"}, "values": [row]}])
            time.sleep(0.02)
        rig.wait_for(lambda: f"25 lines of both; there are {[len(text.splitlines()) for text in outputs]}",
                     lambda: read() or all(len(text.splitlines()) >= 25 for text in outputs), 20)
        rig.expect(outputs[0] == outputs[1], f"tails differ\n--- Loki\n{outputs[1].decode()}\n--- ours\n{outputs[0].decode()}")
    finally:
        for tail_ in tails:
            tail_.send_signal(signal.SIGINT)
        for tail_ in tails:
            try:
                tail_.wait(5)
            except subprocess.TimeoutExpired:
                tail_.kill()
                tail_.wait()


def test(binary, directory):
    rig.need("logcli", "LOGCLI")
    theirs = loki_test.start_loki(directory, "compared", False, LIMITS)
    port = rig.free_port()
    rig.Tailrace(binary, directory, {
        "store": {"http_listen_address": "127.0.0.1", "http_listen_port": port, "path": str(directory / "store"),
                  "discover_log_levels": False},
        "clients": [{"url": f"http://127.0.0.1:{port}/loki/api/v1/push"}],
    }).wait_until_up()
    bases = [f"http://127.0.0.1:{port}", theirs]
    rig.wait_for("Loki to be ready", lambda: rig.get(f"{theirs}/ready")[0] == 200, 120, pause=0.2)
    begin = (time.time() // 60 - 10) * 60
    for base in bases:
        push(base, make_streams(int(begin) * SECOND))
    def stamp(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin + seconds))
    window = [f"--from={stamp(-60)}", f"--to={stamp(240)}"]
    cli = Logcli(bases)
    labels(cli, window)
    queries(cli, window)
    amounts(cli, window, theirs)
    follow(cli, bases)


if __name__ == "__main__":
    rig.main(test)
