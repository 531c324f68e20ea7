#!/usr/bin/env python3
"""kill -9 during ingest: the embedded store's promise, held by the whole program.

Several writers push over HTTP, and a file is tailed and goes into the store within the process, while tailrace is
killed at moments that a seed says and started again. A writer repeats a push until it is acknowledged, and now and then
one that was acknowledged already. What was acknowledged is there exactly once, after every start and in the end.

    TAILRACE_SEED=7 store_kill_test.py path/to/tailrace      the same run again, as far as a scheduler allows
    TAILRACE_KILLS=1000                                      more than the usual 12
"""

import collections
import http.client
import json
import os
import random
import threading
import time
import urllib.parse

import rig

DAY_NS = 86_400 * 10**9
CHECK_EVERY = 8   # kills
STREAMS = 3       # of the writers; two of them share each


def iso(ns):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 10**9)) + f".{ns % 10**9:09d}Z"


class Pusher(threading.Thread):
    """Pushes numbered lines into one stream until told to stop, each push until it is acknowledged."""

    def __init__(self, name, stream, port, seed, begin_ns):
        super().__init__(daemon=True)
        self.key = name
        self.stream = stream
        self.port = port
        self.random = random.Random(seed)
        self.begin_ns = begin_ns
        self.lock = threading.Lock()
        self.acknowledged = {}  # line -> ns
        self.under_way = {}     # the same, not acknowledged yet
        self.stopping = False
        self.error = None
        self.repeats = 0
        self.connection = None

    def run(self):
        try:
            old = []
            while not self.stopping:
                if old and self.random.random() < 0.1:
                    self.push(self.random.choice(old))
                    self.repeats += 1
                    continue
                lines = self.make_lines()
                self.push(lines)
                with self.lock:
                    self.acknowledged.update(lines)
                    self.under_way = {}
                if len(old) < 50:
                    old.append(lines)
                else:
                    old[self.random.randrange(50)] = lines
        except Exception as error:  # told by the main thread
            self.error = error

    def make_lines(self):
        lines = {}
        begin = len(self.acknowledged)
        late = self.random.random() < 0.1
        for n in range(begin, begin + self.random.randrange(1, 200)):
            # Most are of now; some pushes are of days before, in no order.
            ns = self.begin_ns + n * 1000
            if late:
                ns -= self.random.randrange(3 * DAY_NS)
            lines[f"{self.key} {n} " + "x" * self.random.randrange(200)] = ns
        with self.lock:
            self.under_way = lines
        return lines

    def push(self, lines):
        values = [[str(ns), line] for line, ns in lines.items()]
        body = json.dumps({"streams": [{"stream": {"job": "push", "stream": self.stream}, "values": values}]})
        while True:
            status = self.send(body)
            if status == 204:
                return
            rig.expect(status in (None, 429, 503), f"a push was answered with {status}")
            time.sleep(0.01)

    def send(self, body):
        try:
            if not self.connection:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.connection.request("POST", "/loki/api/v1/push", body, {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            self.connection = None
            return None


class World:
    def __init__(self, binary, directory, seed):
        self.random = random.Random(seed)
        self.binary = binary
        self.directory = directory
        self.store_port = rig.free_port()
        self.port = rig.free_port()
        self.begin_ns = time.time_ns()
        self.kills = 0
        self.ready_max = 0
        self.pushers = [Pusher(f"w{i}", f"s{i % STREAMS}", self.store_port, seed * 100 + i, self.begin_ns)
                        for i in range(2 * STREAMS)]
        # Lines that say their time, and lines that do not: those get the same again after a kill.
        self.logs = [open(directory / name, "ab", buffering=0) for name in ("timed.log", "plain.log")]
        self.logged = 0
        self.begin()

    def begin(self):
        began = time.monotonic()
        url = f"http://127.0.0.1:{self.store_port}/loki/api/v1/push"
        self.agent = rig.Tailrace(self.binary, self.directory, {
            # Small, so that chunks, the inbox and days are always on the move.
            "store": {"path": str(self.directory / "store"), "http_listen_port": self.store_port, "chunk_bytes": "64KB",
                      "max_head_bytes": "512KB", "max_inbox_bytes": "256KB", "chunk_age": "1s",
                      "max_entries_limit_per_query": 10**8},
            "clients": [{"url": url, "batchwait": "20ms"}],
            "scrape_configs": [
                rig.job(self.directory / "timed.log", name="timed", stages=[
                    {"regex": {"expression": r"^(?P<time>\S+) "}},
                    {"timestamp": {"source": "time", "format": "RFC3339Nano"}}]),
                rig.job(self.directory / "plain.log", name="plain")],
        }, sync_period="200ms", port=self.port)
        rig.wait_for("the store to be ready", self.is_ready, 30, pause=0.005)
        self.ready_max = max(self.ready_max, time.monotonic() - began)

    def is_ready(self):
        rig.expect(self.agent.alive(), "tailrace ended by itself")
        return rig.get(f"http://127.0.0.1:{self.store_port}/ready")[0] == 200

    def write_log(self):
        for _ in range(self.random.randrange(1, 60)):
            line = f"{iso(self.begin_ns + self.logged * 1000)} line {self.logged}\n".encode()
            for log in self.logs:
                log.write(line)
            self.logged += 1

    def query(self, selector):
        """[(ns, line)] of all that is stored."""
        parameters = urllib.parse.urlencode({"query": selector, "limit": 10**8, "direction": "forward",
                                             "start": self.begin_ns - 5 * DAY_NS, "end": self.begin_ns + DAY_NS})
        status, _, body = rig.get(f"http://127.0.0.1:{self.store_port}/loki/api/v1/query_range?{parameters}",
                                  timeout=120)
        rig.expect(status == 200, f"{selector} was answered with {status}: {body[:300]}")
        answer = json.loads(body)
        rig.expect(not answer.get("warnings"), f"{selector} has warnings: {answer.get('warnings')}")
        return [(int(ns), line) for stream in answer["data"]["result"] for ns, line, *_ in stream["values"]]

    def check(self):
        """Pushed lines: all that were acknowledged before we asked are there once; others once or not at all."""
        wanted = {}
        for pusher in self.pushers:
            rig.expect(pusher.error is None, f"{pusher.key}: {pusher.error!r}")
            with pusher.lock:
                wanted[pusher.key] = dict(pusher.acknowledged)
        found = collections.Counter()
        for stream in range(STREAMS):
            found.update(self.query(f'{{stream="s{stream}"}}'))
        twice = [entry for entry, count in found.items() if count > 1]
        rig.expect(not twice, f"{len(twice)} lines are there more than once: {twice[:3]}")
        missing = [line for lines in wanted.values() for line, ns in lines.items() if (ns, line) not in found]
        rig.expect(not missing, f"{len(missing)} acknowledged lines are lost: {sorted(missing)[:3]}")
        return found

    def check_log(self, complete):
        for job in ("timed", "plain"):
            found = collections.Counter(line for _, line in self.query(f'{{job="{job}"}}'))
            twice = [line for line, count in found.items() if count > 1]
            rig.expect(not twice, f"{len(twice)} {job} lines are there more than once: {twice[:3]}")
            if complete and len(found) != self.logged:
                return False
        return True

    def kill(self):
        time.sleep(self.random.choice([0.02, 0.1, 0.5]) * self.random.random())
        rig.expect(self.agent.alive(), "tailrace ended by itself")
        self.agent.kill()
        self.kills += 1
        self.begin()
        if self.kills % CHECK_EVERY == 0:
            self.check()
            self.check_log(complete=False)


def test(binary, directory):
    seed = int(os.environ.get("TAILRACE_SEED") or random.SystemRandom().randrange(10**6))
    kills = int(os.environ.get("TAILRACE_KILLS") or 12)
    print(f"TAILRACE_SEED={seed}, {kills} kills", flush=True)
    world = World(binary, directory, seed)
    for pusher in world.pushers:
        pusher.start()
    while world.kills < kills:
        world.write_log()
        world.kill()
        if world.kills % 100 == 0:
            print(f"{world.kills} kills, {sum(len(p.acknowledged) for p in world.pushers)} lines", flush=True)
    for pusher in world.pushers:
        pusher.stopping = True
    for pusher in world.pushers:
        pusher.join(60)
        rig.expect(not pusher.is_alive(), f"{pusher.key} waits for an answer")
    found = world.check()
    acknowledged = sum(len(pusher.acknowledged) for pusher in world.pushers)
    rig.expect(len(found) == acknowledged, f"{len(found)} lines are there, {acknowledged} were pushed")
    rig.wait_for("the tailed lines", lambda: world.check_log(complete=True), 30, pause=0.2)
    status, _ = world.agent.terminate()
    rig.expect(status == 0, f"exit status {status} in the end")
    world.begin()
    rig.expect(world.check() == found, "a clean stop changed what is stored")
    print(f"{acknowledged} pushed and {world.logged} tailed lines, each there once; "
          f"{sum(p.repeats for p in world.pushers)} pushes repeated; ready within {world.ready_max:.2f} s")


if __name__ == "__main__":
    rig.main(test)
