#!/usr/bin/env python3
"""Hours of a busy day in short: logs that are written and rotated all the time, outages, the app and its generator.
Nothing is lost, and neither descriptors nor memory grow.

    TAILRACE_SOAK=3600 soak_test.py path/to/tailrace      an hour instead of half a minute
"""

import os
import pathlib
import random
import time

import rig

SECONDS = float(os.environ.get("TAILRACE_SOAK", "30"))
FILES = 10
ROTATE_EVERY = 0.4
# A rotated file is kept open for ten seconds behind its end; polls and pushes take their time, too, and an outage with
# the waits behind it some seconds more.
DESCRIPTORS_MAX = 30 + FILES + int(20 / ROTATE_EVERY)
KIB_A_MINUTE_MAX = 256  # only judged when it runs for some minutes: a young process still fills its pools


def resident_kib(agent):
    for line in pathlib.Path(f"/proc/{agent.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def slope_a_minute(points):
    """Least squares over (seconds, KiB)."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    below = sum((x - mean_x) ** 2 for x, _ in points)
    return 60 * sum((x - mean_x) * (y - mean_y) for x, y in points) / below if below else 0


def test(binary, directory):
    seed = int(os.environ.get("TAILRACE_SEED") or random.SystemRandom().randrange(10**6))
    print(f"TAILRACE_SEED={seed}", flush=True)
    random_numbers = random.Random(seed)
    logs = directory / "logs"
    logs.mkdir()
    receiver = rig.Receiver()
    writers = [rig.Writer(logs / f"{i}.log", f"w{i}") for i in range(FILES)]
    agent = rig.Tailrace(binary, directory, {
        "app": {"listen_address": "127.0.0.1", "listen_port": rig.free_port(), "log_generator": {"rate": 500},
                "log": {"path": str(logs / "app.log"), "stdout": False, "max_bytes": "1MB"}},
        "clients": [rig.client(receiver)],
        "scrape_configs": [rig.job(logs / "*.log", stages=[
            {"regex": {"expression": r"^(?P<w>\S+) (?P<n>\d+)"}}, {"labels": {"w": None}}])],
    }, sync_period="1s").wait_until_up()
    for writer in writers:
        writer.start(50)
    begin = time.monotonic()
    points, descriptors_max, rotations = [], 0, 0
    while (seconds := time.monotonic() - begin) < SECONDS:
        time.sleep(ROTATE_EVERY)
        random_numbers.choice(writers).rotate(keep=5)
        rotations += 1
        descriptors_max = max(descriptors_max, agent.descriptors())
        if random_numbers.random() < 0.02:
            receiver.refuse()
            time.sleep(1)
            receiver.listen()
        if seconds > SECONDS / 4:
            points.append((seconds, resident_kib(agent)))
    for writer in writers:
        writer.finish()
    verdict = rig.wait_until_all_came(receiver, writers, 30)
    slope = slope_a_minute(points)
    print(f"{verdict}; {rotations} rotations, {descriptors_max} descriptors at most, memory {points[-1][1]} KiB, "
          f"{slope:+.0f} KiB a minute")
    rig.expect(not verdict.lost and not verdict.disordered, f"{verdict}")
    rig.expect(descriptors_max <= DESCRIPTORS_MAX, f"{descriptors_max} descriptors, the bound is {DESCRIPTORS_MAX}")
    rig.expect(SECONDS < 300 or slope <= KIB_A_MINUTE_MAX, f"memory grows by {slope:.0f} KiB a minute")
    rig.expect(agent.terminate()[0] == 0, "the exit status is not 0")


if __name__ == "__main__":
    rig.main(test)
