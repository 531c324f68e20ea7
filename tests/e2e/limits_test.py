#!/usr/bin/env python3
"""What the system does not give: few descriptors for many files, no watches of inotify, a positions file that is
damaged, a disk without room for it. Everything is delivered, whatever is rotated meanwhile.

    TAILRACE_SEED=7 limits_test.py path/to/tailrace
"""

import os
import random
import resource
import subprocess

import rig

FILES = 2000
DESCRIPTORS = 128
WATCHES = 10


def start(binary, directory, receiver, paths, **more):
    return rig.Tailrace(binary, directory, {
        "clients": [rig.client(receiver)],
        "target_config": {"sync_period": "1s"},
        "scrape_configs": [rig.job(paths)],
    }, sync_period="100ms", **more).wait_until_up()


def expect_all(receiver, writers, what, seconds=40):
    verdict = rig.wait_until_all_came(receiver, writers, seconds)
    print(f"{what}: {verdict}", flush=True)
    rig.expect(not verdict.lost and not verdict.disordered, f"{what}: {verdict}")


def many_files_and_few_descriptors(binary, directory, random_numbers):
    receiver = rig.Receiver()
    writers = []
    for i in range(FILES):
        writer = rig.Writer(directory / f"{i}.log", f"f{i}")
        writer.write(1)
        writer.file.close()  # this process has its limit, too
        writers.append(writer)
    limit = (DESCRIPTORS, DESCRIPTORS)
    agent = start(binary, directory, receiver, directory / "*.log",
                  preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit))
    expect_all(receiver, writers, f"{FILES} files with {DESCRIPTORS} descriptors")
    for writer in random_numbers.sample(writers, 200):
        writer.file = open(writer.path, "ab", buffering=0)
        writer.write(2)
        if random_numbers.random() < 0.5:
            writer.rotate()
            writer.write(2)
        writer.file.close()
    expect_all(receiver, writers, "some of them written and rotated")
    rig.expect(agent.descriptors() <= DESCRIPTORS, f"{agent.descriptors()} descriptors are open")
    rig.expect(agent.terminate()[0] == 0, "the exit status is not 0")


def no_watches(binary, directory, random_numbers):
    """The limit is that of a user namespace of its own."""
    limited = directory / "limited"
    limited.write_text(f"""#!/bin/sh
exec unshare --user --map-root-user sh -c 'echo {WATCHES} >/proc/sys/user/max_inotify_watches && exec "$@"' sh "$@"
""")
    limited.chmod(0o755)
    if subprocess.run([limited, "true"], capture_output=True).returncode:
        print("no user namespaces here: the part without watches is left out")
        return
    receiver = rig.Receiver()
    writers = [rig.Writer(directory / f"{i}.log", f"n{i}") for i in range(30)]
    launcher = directory / "tailrace"
    launcher.write_text(f"""#!/bin/sh
exec {limited} {binary} "$@"
""")
    launcher.chmod(0o755)
    agent = start(launcher, directory, receiver, directory / "*.log")
    for _ in range(40):
        writer = random_numbers.choice(writers)
        writer.write(5)
        if random_numbers.random() < 0.5:
            rig.time.sleep(0.01)  # rotations within one tick of the file system's clock have no order
            writer.rotate()
            writer.write(5)
    expect_all(receiver, writers, f"rotations with {WATCHES} watches")
    rig.expect("polling it instead" in agent.log(), "nothing had to be polled")
    agent.terminate()


def damaged_positions(binary, directory, random_numbers):
    """Cut off, overwritten or emptied between two lives: it starts, and at worst sends again."""
    receiver = rig.Receiver()
    writers = [rig.Writer(directory / f"{i}.log", f"d{i}") for i in range(3)]
    for _ in range(8):
        for writer in writers:
            writer.write(random_numbers.randrange(1, 30))
        agent = start(binary, directory, receiver, directory / "*.log")
        expect_all(receiver, writers, "damaged positions")
        random_numbers.choice((agent.kill, agent.terminate))()
        for path in directory.glob("positions-*"):
            text = path.read_bytes()
            at = random_numbers.randrange(len(text) + 1)
            path.write_bytes(random_numbers.choice((text[:at], text[:at] + bytes(len(text) - at), b"", text)))


def no_room_for_positions(binary, directory, random_numbers):
    disk = directory / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tailrace-test", disk], capture_output=True)
    if mounted.returncode:
        print("no tmpfs can be mounted: the part with a full disk is left out")
        return
    try:
        receiver = rig.Receiver()
        writer = rig.Writer(directory / "app.log", "p")
        positions = disk / "positions.yaml"
        writer.write(random_numbers.randrange(1, 100))
        agent = rig.Tailrace(binary, directory, {
            "positions": {"filename": str(positions), "sync_period": "100ms"},
            "clients": [rig.client(receiver)], "scrape_configs": [rig.job(writer.path)]}).wait_until_up()
        rig.wait_for("the first positions", lambda: agent.positions().get(str(writer.path)) == os.path.getsize(writer.path))
        with open(disk / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * 512):
                    pass
            except OSError:
                pass
        writer.write(100)
        expect_all(receiver, [writer], "a full disk under the positions")
        rig.wait_for("the complaint", lambda: "cannot write the positions file" in agent.log())
        (disk / "filler").unlink()
        # Nothing changes any more; what could not be written is written all the same.
        rig.wait_for("the positions to be written", lambda: agent.positions().get(str(writer.path)) == os.path.getsize(writer.path))
        rig.expect(agent.terminate()[0] == 0, "the exit status is not 0")
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


def test(binary, directory):
    seed = int(os.environ.get("TAILRACE_SEED") or random.SystemRandom().randrange(10**6))
    print(f"TAILRACE_SEED={seed}", flush=True)
    for part in (many_files_and_few_descriptors, no_watches, damaged_positions, no_room_for_positions):
        place = directory / part.__name__
        place.mkdir()
        part(binary, place, random.Random(f"{seed} {part.__name__}"))


if __name__ == "__main__":
    rig.main(test)
