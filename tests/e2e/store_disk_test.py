#!/usr/bin/env python3
"""A full disk under the embedded store: pushes are refused with 503, what was acknowledged stays readable, and it goes
on by itself when there is room again. And a folder that cannot be written to is a clear error at the start.

Then anything in any order, from a seed: pushes, a disk that fills and empties, kills, stops. What is answered to a query
is all that was acknowledged, or 503. TAILRACE_SEEDS=100 tries more, TAILRACE_SEED=7 one again.

The disk is a small tmpfs, which only root may mount: skipped for others.
"""

import contextlib
import http.client
import json
import os
import random
import shutil
import subprocess
import time
import urllib.parse

import rig

DISK_BYTES = 32 << 20


class Disk:
    def __init__(self, path):
        self.path = path
        path.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tailrace-test", path],
                              capture_output=True, text=True)
        if done.returncode:
            raise rig.Skip(f"no tmpfs can be mounted: {done.stderr.strip()}")

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.path], check=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=False)


class Pushing:
    """Lines that do not compress, and what became of them."""

    def __init__(self, port):
        self.port = port
        self.random = random.Random(3)
        self.begin_ns = time.time_ns() - 3600 * 10**9
        self.made = 0
        self.taken = set()
        self.refused = []

    def send(self, lines):
        values = [[str(self.begin_ns + n), line] for n, line in lines]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", "/loki/api/v1/push",
                           json.dumps({"streams": [{"stream": {"job": "push"}, "values": values}]}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def push(self):
        lines = [(self.made + i, self.random.randbytes(1000).hex()) for i in range(100)]
        self.made += len(lines)
        status, text = self.send(lines)
        if status == 204:
            self.taken.update(lines)
        else:
            rig.expect(status == 503, f"a push was answered with {status}: {text}")
            rig.expect("cannot write" in text, f"503 says {text}")
            self.refused.append(lines)
        return status

    def check(self, when, may_refuse=False):
        end = time.time_ns()
        parameters = urllib.parse.urlencode({"query": '{job="push"}', "limit": 10**6, "start": self.begin_ns - 1, "end": end})
        status, _, body = rig.get(f"http://127.0.0.1:{self.port}/loki/api/v1/query_range?{parameters}", timeout=60)
        if status == 503 and may_refuse:
            return
        rig.expect(status == 200, f"{when}: the query was answered with {status}: {body[:200]}")
        found = [(int(ns) - self.begin_ns, line) for stream in json.loads(body)["data"]["result"]
                 for ns, line in stream["values"]]
        rig.expect(len(found) == len(set(found)), f"{when}: lines are there more than once")
        rig.expect(set(found) == self.taken, f"{when}: {len(found)} lines are there, {len(self.taken)} were acknowledged")


def config(disk, log, port, min_free, chunk="256KB", head="2MB", inbox="2MB"):
    return {
        "store": {"path": str(disk.path / f"store-{min_free}"), "http_listen_port": port, "min_free_bytes": min_free,
                  "chunk_bytes": chunk, "max_head_bytes": head, "max_inbox_bytes": inbox,
                  "max_entries_limit_per_query": 10**7},
        "clients": [{"url": f"http://127.0.0.1:{port}/loki/api/v1/push", "batchwait": "50ms",
                     "backoff_config": {"min_period": "100ms", "max_period": "500ms"}}],
        "scrape_configs": [rig.job(log, name="tailed")],
    }


def run(binary, directory, disk, min_free):
    port = rig.free_port()
    log = directory / f"app-{min_free}.log"
    log.write_bytes(b"")
    configuration = config(disk, log, port, min_free)
    ballast = disk.path / "ballast"
    ballast.write_bytes(b"x" * (12 << 20))
    agent = rig.Tailrace(binary, directory, configuration, name=f"disk-{min_free}").wait_until_up()
    pushing = Pushing(port)
    rig.wait_for("the disk to be full", lambda: pushing.push() == 503, 60, pause=0)
    log.write_bytes(b"".join(b"tailed %d\n" % n for n in range(500)))
    for _ in range(20):
        pushing.push()
        time.sleep(0.02)
    pushing.check("full")
    rig.expect(agent.metric("tailrace_store_refused_pushes_total", reason="disk") >= len(pushing.refused),
               "refusals are not counted")
    # Killed and started again while it is full.
    agent.kill()
    agent = rig.Tailrace(binary, directory, configuration, name=f"disk-{min_free}").wait_until_up()
    pushing.check("full, after a restart")
    # It tries again: the logs of the databases must not take the room that there will be.
    time.sleep(3)
    ballast.unlink()
    begin = time.monotonic()
    rig.wait_for("the store to take pushes again", lambda: pushing.push() == 204, 20, pause=0.1)
    healed = time.monotonic() - begin
    # What was refused comes again, until the disk is full once more.
    for lines in pushing.refused[:3]:
        rig.wait_for("a refused push to be taken", lambda: pushing.send(lines)[0] == 204, 20, pause=0.1)
        pushing.taken.update(lines)
    pushing.check("healed")
    end = time.time_ns()
    parameters = urllib.parse.urlencode({"query": '{job="tailed"}', "limit": 5000, "start": pushing.begin_ns, "end": end + 10**12})

    def tailed():
        body = rig.get(f"http://127.0.0.1:{port}/loki/api/v1/query_range?{parameters}")[2]
        return sorted(line for stream in json.loads(body)["data"]["result"] for _, line, *_ in stream["values"]) == \
            sorted(f"tailed {n}" for n in range(500))
    rig.wait_for("the lines of the tailed file", tailed, 20, pause=0.2)
    status, _ = agent.terminate()
    rig.expect(status == 0, f"exit status {status}")
    print(f"min_free_bytes {min_free}: {len(pushing.taken)} lines taken, {len(pushing.refused)} pushes refused, "
          f"healed in {healed:.1f} s", flush=True)


def fill(ballast, size):
    with contextlib.suppress(OSError), ballast.open("wb") as file:
        for _ in range(size // 4096):
            file.write(b"x" * 4096)


def anything(binary, directory, disk, seed):
    choose = random.Random(seed)
    port = rig.free_port()
    log = directory / f"app-{seed}.log"
    log.write_bytes(b"")
    configuration = config(disk, log, port, choose.choice(["0", "0", "1MB", "4MB"]), choose.choice(["64KB", "256KB", "1MB"]),
                           choose.choice(["1MB", "2MB", "4MB"]), choose.choice(["1MB", "2MB", "8MB"]))
    ballast = disk.path / "ballast"
    pushing = Pushing(port)

    def start():
        return rig.Tailrace(binary, directory, configuration, name=f"seed-{seed}").wait_until_up()
    agent = start()
    for step in range(40):
        what = choose.choice(["push", "push", "push", "fill", "free", "kill", "stop", "wait"])
        if what == "push":
            for _ in range(choose.randrange(12)):
                if len(pushing.taken) * 2000 < 12 << 20:  # less than the disk has without the ballast
                    pushing.push()
        elif what == "fill":
            fill(ballast, choose.choice([8, 20, 32, 32]) << 20)
        elif what == "free":
            ballast.unlink(missing_ok=True)
        elif what == "wait":
            time.sleep(choose.random() * 3)
        else:
            if what == "kill":
                agent.kill()
            else:
                status, _ = agent.terminate()
                rig.expect(status == 0, f"seed {seed}, step {step}: exit status {status}")
            agent = start()
        if choose.random() < 0.3:
            pushing.check(f"seed {seed}, step {step}, {what}", may_refuse=True)
    ballast.unlink(missing_ok=True)
    rig.wait_for(f"seed {seed}: the store to take pushes again", lambda: pushing.push() == 204, 20, pause=0.1)
    pushing.check(f"seed {seed}, at the end")
    agent.kill()
    print(f"seed {seed}: {len(pushing.taken)} lines taken, {len(pushing.refused)} pushes refused", flush=True)


def test(binary, directory):
    if os.geteuid() != 0:
        raise rig.Skip("only root may mount a small disk")
    disk = Disk(directory / "disk")
    try:
        run(binary, directory, disk, "1MB")
        for _ in range(3):  # what is in which log when the disk is full differs
            for store in disk.path.glob("store-*"):
                shutil.rmtree(store)
            run(binary, directory, disk, "0")  # the disk's own error
        one = os.environ.get("TAILRACE_SEED")
        seeds = random.sample(range(10**6), int(os.environ.get("TAILRACE_SEEDS", "3")))
        for seed in [int(one)] if one else seeds:
            for store in disk.path.glob("store-*"):
                shutil.rmtree(store)
            anything(binary, directory, disk, seed)
        disk.remount("ro")
        done = subprocess.run([binary, f"-config.file={directory / 'config-disk-0.yaml'}"], capture_output=True,
                              text=True, timeout=30)
        rig.expect(done.returncode == 1 and str(disk.path) in done.stderr and "Read-only file system" in done.stderr,
                   f"a read-only folder: {done.returncode} {done.stderr}")
    finally:
        with contextlib.suppress(Exception):
            rig.Process.end_all()
        disk.unmount()


if __name__ == "__main__":
    rig.main(test)
