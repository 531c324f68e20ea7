#!/usr/bin/env python3
"""`tailrace export` pushes what the store holds to a Loki: everything once, each stream from its oldest line to its
newest, beside a running tailrace and without one; with progress, an exit status, and a way to go on."""

import collections
import http.client
import json
import random
import signal
import subprocess
import time

import yaml

import rig

HOUR_NS = 3600 * 10**9


class Store:
    """A tailrace with a store, and what was pushed into it: {stream: {(ns, line)}}."""

    def __init__(self, binary, directory):
        self.binary = binary
        self.directory = directory
        self.port = rig.free_port()
        self.pushed = collections.defaultdict(set)
        self.random = random.Random(11)
        self.agent = rig.Tailrace(binary, directory, {
            "store": {"path": str(directory / "store"), "http_listen_port": self.port, "chunk_bytes": "64KB",
                      "max_head_bytes": "1MB"},
            "clients": [{"url": f"http://127.0.0.1:{self.port}/loki/api/v1/push"}],
            "scrape_configs": [rig.job(directory / "nothing.log")],
        }, name="store").wait_until_up()

    def push(self, now_ns):
        for _ in range(60):
            app = self.random.choice(["a", "b", "c"])
            values = []
            for _ in range(200):
                # Of four days, in no order; some times come more than once.
                ns = now_ns - self.random.randrange(96 * 60) * 60 * 10**9
                line = f"{self.random.randrange(10**9)} " + "x" * self.random.randrange(300)
                values.append([str(ns), line, {"trace": str(self.random.randrange(3))}])
                self.pushed[app].add((ns, line))
            body = json.dumps({"streams": [{"stream": {"app": app}, "values": values}]})
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("POST", "/loki/api/v1/push", body, {"Content-Type": "application/json"})
            rig.expect(connection.getresponse().status == 204, "a push was refused")

    def config(self, clients):
        path = self.directory / "config-export.yaml"
        config = yaml.safe_load((self.directory / "config-store.yaml").read_text())
        config["clients"] += clients
        path.write_text(yaml.safe_dump(config))
        return path

    def export(self, *arguments, clients=(), timeout=120):
        """(exit status, what it said)"""
        done = subprocess.run([self.binary, f"-config.file={self.config(list(clients))}", "export", *arguments],
                              capture_output=True, text=True, timeout=timeout)
        return done.returncode, done.stdout + done.stderr


def check_all(receiver, pushed, what):
    rig.expect(not receiver.errors, f"{what}: {receiver.errors[:1]}")
    arrived = collections.defaultdict(list)
    for entry in receiver.arrived:
        labels = rig.runner.parse_labels(entry.labels)
        rig.expect(labels["service_name"] == labels["app"], f"{what}: labels {labels}")
        arrived[labels["app"]].append((entry.ns, entry.line))
    for app, wanted in pushed.items():
        got = arrived.pop(app, [])
        rig.expect(len(got) == len(set(got)), f"{what}: {app} has copies")
        rig.expect(set(got) == wanted, f"{what}: {app} has {len(got)} lines of {len(wanted)}")
        times = [ns for ns, _ in got]
        rig.expect(times == sorted(times), f"{what}: {app} is not in order")
    rig.expect(not arrived, f"{what}: {list(arrived)} was not asked for")


def test(binary, directory):
    store = Store(binary, directory)
    now_ns = time.time_ns()
    store.push(now_ns)

    receiver = rig.Receiver()
    status, said = store.export(receiver.url)
    rig.expect(status == 0, f"beside a running tailrace: {said}")
    check_all(receiver, store.pushed, "beside a running tailrace")
    rig.expect("12000 lines" in said.replace("about ", ""), f"no total in: {said}")

    # By name, with the client's tenant, a selector and a range.
    receiver = rig.Receiver()
    begin, end = now_ns - 60 * HOUR_NS, now_ns - 20 * HOUR_NS
    status, said = store.export("far", '-export.selector={app=~"a|b"}', f"-export.from={begin}", f"-export.to={end}",
                                clients=[{"name": "far", "url": receiver.url, "tenant_id": "team"}])
    rig.expect(status == 0, f"by name: {said}")
    check_all(receiver, {app: {(ns, line) for ns, line in lines if begin <= ns < end}
                         for app, lines in store.pushed.items() if app != "c"}, "a part")
    tenants = {request.headers.get("x-scope-orgid") for request in receiver.requests}
    rig.expect(tenants == {"team"}, f"tenants {tenants}")

    # The only other client need not be named. What may be taken later is pushed again.
    answers = iter([rig.Answer(429), rig.Answer(500), rig.Answer(None), rig.Answer(503)])
    receiver = rig.Receiver(lambda: next(answers, rig.Answer()))
    status, said = store.export(clients=[rig.client(receiver, batchsize=200_000)])
    rig.expect(status == 0, f"after refusals that pass: {said}")
    check_all(receiver, store.pushed, "after refusals that pass")

    # What is refused for good is told.
    answers = iter([rig.Answer(), rig.Answer(400)])
    receiver = rig.Receiver(lambda: next(answers, rig.Answer()))
    status, said = store.export(clients=[rig.client(receiver, batchsize=200_000)])
    rig.expect(status == 1 and "were refused" in said and "400 scripted answer" in said, f"a refusal: {status} {said}")

    # Interrupted, it says how to go on.
    receiver = rig.Receiver()
    process = subprocess.Popen([binary, f"-config.file={store.config([rig.client(receiver, batchsize=50_000)])}", "export",
                                "-export.rate=500KB"], stderr=subprocess.PIPE, text=True)
    rig.wait_for("the first day", lambda: len(receiver.arrived) > 5000, pause=0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    rig.expect(process.returncode == 1 and "-export.from=" in said, f"interrupted: {said}")
    first = set((entry.ns, entry.line) for entry in receiver.arrived)
    rig.expect(len(first) < 12_000, "the rate was no limit")
    status, said = store.export(said.rpartition("to go on: ")[2].strip(), clients=[rig.client(receiver)])
    rig.expect(status == 0, f"going on: {said}")
    everything = {entry for lines in store.pushed.values() for entry in lines}
    rig.expect({(entry.ns, entry.line) for entry in receiver.arrived} == everything, "going on left lines out")

    for arguments, clients, want in [
        ((), (), "no client but the store"),
        (("nonsense",), (), "nonsense"),
        ((f"http://127.0.0.1:{store.port}/loki/api/v1/push",), (), "the store itself"),
        (("http://127.0.0.1:9/x", "-export.from=soon"), (), '"soon" is no time'),
        (("http://127.0.0.1:9/x", "-export.selector={a=b}"), (), "-export.selector"),
    ]:
        status, said = store.export(*arguments, clients=clients)
        rig.expect(status == 1 and want in said, f"{arguments}: {status} {said}")

    # Without a running tailrace, after a crash.
    store.agent.kill()
    receiver = rig.Receiver()
    status, said = store.export(receiver.url)
    rig.expect(status == 0, f"after a crash: {said}")
    check_all(receiver, store.pushed, "after a crash")


if __name__ == "__main__":
    rig.main(test)
