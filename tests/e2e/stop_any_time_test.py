#!/usr/bin/env python3
"""A stop at any moment is a clean one: SIGTERM so many milliseconds after the start, and in the middle of reloads.

The end has an order (sources, batches, senders, positions, listeners), and timers that do not know of it: one that
fired in its middle once found the runtime gone. Whatever the moment, the exit status is 0, and after a last, quiet run
every line has arrived.

    stop_any_time_test.py path/to/tailrace
"""

import os
import signal
import time

import rig

STEP_MS = 4
LAST_MS = 140    # behind the 50 ms after which a new file is written down
RELOADS = 12


def config(receiver, directory, round_number):
    """Another text each round, since a reload of what has not changed is refused."""
    return {
        "clients": [rig.client(receiver, batchwait="10ms")],
        "scrape_configs": [rig.job(directory / "*.log", name="stop", round=str(round_number))],
    }


def expect_clean(agent, moment, early=False):
    # Before main() has its handlers, the signal ends us as it ends any program.
    status, seconds = agent.terminate(15)
    rig.expect(status == 0 or (early and status == -signal.SIGTERM),
               f"exit status {status} after SIGTERM {moment}:\n{agent.log()[-1500:]}")
    rig.expect(seconds < 8, f"the end took {seconds:.1f} s after SIGTERM {moment}")


def after_start(binary, directory, receiver, writer):
    for round_number, delay_ms in enumerate(range(0, LAST_MS, STEP_MS)):
        writer.write(5)
        agent = rig.Tailrace(binary, directory, config(receiver, directory, round_number))
        time.sleep(delay_ms / 1000)
        expect_clean(agent, f"{delay_ms} ms after the start", early=delay_ms < 40)


def within_reload(binary, directory, receiver, writer):
    for round_number in range(RELOADS):
        agent = rig.Tailrace(binary, directory, config(receiver, directory, "before")).wait_until_up()
        writer.write(5)
        path = directory / "config-tailrace.yaml"
        path.write_text(path.read_text().replace("before", f"after{round_number}"))
        os.kill(agent.pid, signal.SIGHUP)
        time.sleep(round_number * 0.002)
        expect_clean(agent, f"{round_number * 2} ms after SIGHUP")


def test(binary, directory):
    receiver = rig.Receiver()
    logs = directory / "logs"
    logs.mkdir()
    writer = rig.Writer(logs / "app.log")
    for part in (after_start, within_reload):
        part(binary, logs, receiver, writer)
    agent = rig.Tailrace(binary, logs, config(receiver, logs, "last")).wait_until_up()
    verdict = rig.wait_until_all_came(receiver, [writer])
    print(verdict)
    rig.expect(not verdict.lost, f"lost: {verdict}")
    expect_clean(agent, "in the end")


if __name__ == "__main__":
    rig.main(test)
