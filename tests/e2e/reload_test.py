#!/usr/bin/env python3
"""Reloads without end while files are written and rotated: nothing is lost, and neither descriptors nor memory grow.

    reload_test.py path/to/tailrace

TAILRACE_RELOADS: how many (40; a thousand take some minutes).
"""

import os
import pathlib
import signal
import time

import rig

RELOADS = int(os.environ.get("TAILRACE_RELOADS", "40"))
WARM_UP = 10
FILES = 5
ROTATE_EVERY = 20
MEMORY_GROWTH_MAX = 12 << 20  # allocators keep what they once had


def config(receiver, logs, round_number):
    """A new text each time: a reload of what has not changed is refused."""
    return {"clients": [rig.client(receiver, batchwait="50ms")],
            "scrape_configs": [
                rig.job(logs / "*.log", name="files", round=str(round_number),
                        stages=[{"regex": {"expression": r"^(?P<w>\S+) (?P<n>\d+)"}}, {"labels": {"w": None}},
                                {"metrics": {"lines": {"type": "Counter",
                                                       "config": {"match_all": True, "action": "inc"}}}}]),
                {"job_name": "push", "loki_push_api": {"server": {"http_listen_address": "127.0.0.1", "grpc_listen_port": 0,
                                                                  "http_listen_port": config.push_port}}}]}


def memory(agent):
    for line in pathlib.Path(f"/proc/{agent.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def reload(agent, by_signal, done):
    """Until the agent counts one more."""
    if by_signal:
        os.kill(agent.pid, signal.SIGHUP)
    else:
        status = rig.post(agent.url("/reload"))
        rig.expect(status == 200, f"/reload answered {status}")
    rig.wait_for(f"reload {done}", lambda: agent.metric("promtail_config_reload_success_total") >= done, seconds=30)


def test(binary, directory):
    logs = directory / "logs"
    logs.mkdir()
    config.push_port = rig.free_port()
    receiver = rig.Receiver()
    writers = [rig.Writer(logs / f"{i}.log", name=f"w{i}") for i in range(FILES)]
    agent = rig.Tailrace(binary, directory, config(receiver, logs, 0), sync_period="1s",
                         arguments=["-server.enable-runtime-reload"]).wait_until_up()
    for writer in writers:
        writer.start(per_second=200)
    path = directory / "config-tailrace.yaml"
    text = path.read_text()
    descriptors = 0
    bytes_before = 0
    begin = time.monotonic()
    for n in range(1, RELOADS + 1):
        path.write_text(text.replace("round: '0'", f"round: '{n % 7 + 1}'"))
        reload(agent, n % 2 == 0, n)
        if n % ROTATE_EVERY == 0:
            writers[n // ROTATE_EVERY % FILES].rotate()
        if n == WARM_UP:
            descriptors, bytes_before = agent.descriptors(), memory(agent)
    seconds = time.monotonic() - begin
    for writer in writers:
        writer.finish()
    verdict = rig.wait_until_all_came(receiver, writers, seconds=60)
    rotated = RELOADS // ROTATE_EVERY
    print(f"{RELOADS} reloads in {seconds:.0f} s; {verdict}; descriptors {descriptors} -> {agent.descriptors()}, "
          f"memory {bytes_before >> 10} -> {memory(agent) >> 10} KiB")
    rig.expect(not verdict.lost, f"lost lines: {verdict}")
    rig.expect(not verdict.extra, f"lines came twice: {verdict}")
    # Of a rotated file and of connections to the receiver, one or the other may be open now.
    rig.expect(agent.descriptors() <= descriptors + min(rotated, FILES) + 4,
               f"descriptors grew from {descriptors} to {agent.descriptors()}")
    rig.expect(memory(agent) <= bytes_before + MEMORY_GROWTH_MAX,
               f"memory grew from {bytes_before >> 10} to {memory(agent) >> 10} KiB")
    rig.expect(agent.metric("promtail_config_reload_fail_total") == 0, "a reload failed")
    status, _ = agent.terminate()
    rig.expect(status == 0, f"exit status {status}")


if __name__ == "__main__":
    rig.main(test)
