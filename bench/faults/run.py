#!/usr/bin/env python3
"""The fault table: what an agent loses, repeats and needs when things go wrong.

    bench/faults/run.py build/release/tailrace              every row, about seven minutes
    bench/faults/run.py build/release/tailrace --only kills,stall
    bench/faults/run.py build/release/tailrace --markdown table.md
    bench/faults/run.py /usr/bin/promtail                   any agent that reads Promtail's configuration

Everything is on loopback and in a temporary directory. Each row starts its own agent and its own receiver. The
verdict compares numbered lines: lost, extra copies (another time, so that Loki keeps both), copies that Loki merges,
and lines that came before an earlier one of their file. Exit status 1: tailrace's promise (nothing lost, in order)
does not hold in some row.
"""

import argparse
import collections
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
import rig  # noqa: E402

PER_SECOND = 2000
MIB = 1 << 20

Row = collections.namedtuple("Row", "key title run")
Outcome = collections.namedtuple("Outcome", "verdict note")


class Scene:
    """One row at work: a directory, a receiver, an agent that can be killed and started again."""

    def __init__(self, binary, directory, random_numbers):
        self.binary = binary
        self.directory = directory
        self.random = random_numbers
        self.receiver = rig.Receiver()
        self.log = directory / "app.log"
        self.paths = self.log
        self.clients = None
        self.preexec = None
        self.agent = None
        self.memory_max = 0
        self.port = rig.free_port()

    def start(self):
        # Timeout and backoff are the defaults of Promtail but for their length, as outages here last seconds.
        self.agent = rig.Tailrace(self.binary, self.directory, {
            "clients": self.clients or [rig.client(self.receiver, batchwait="1s", timeout="10s")],
            "scrape_configs": [rig.job(self.paths, name="faults")],
        }, port=self.port, preexec=self.preexec)
        return self.agent

    def started(self):
        return self.start().wait_until_up()

    def note_memory(self):
        if self.agent.alive():
            self.memory_max = max(self.memory_max, self.agent.memory_max())

    def kill(self):
        self.note_memory()
        self.agent.kill()

    def terminate(self):
        self.note_memory()
        return self.agent.terminate()

    def finish(self, *writers, seconds=40):
        verdict = rig.wait_until_all_came(self.receiver, writers, seconds)
        self.note_memory()
        return verdict


# --------------------------------------------------------------------------
# The rows
# --------------------------------------------------------------------------

def stop_while_refused(scene):
    writer = rig.Writer(scene.log)
    writer.write(2000)
    scene.receiver.refuse()
    scene.started()
    time.sleep(3)
    status, seconds = scene.terminate()
    scene.receiver.listen()
    scene.started()
    return Outcome(scene.finish(writer), f"stopped in {seconds:.1f} s with status {status}")


def eight_kills(scene):
    writer = rig.Writer(scene.log)
    scene.started()
    writer.start(PER_SECOND)
    for _ in range(8):
        time.sleep(scene.random.uniform(2.5, 3.5))
        scene.kill()
        scene.start()
    writer.finish()
    return Outcome(scene.finish(writer), "")


def outage_with_renames(scene, renames, seconds):
    writer = rig.Writer(scene.log)
    scene.receiver.refuse()
    writer.start(PER_SECOND)
    time.sleep(0.2)
    scene.start()
    for _ in range(renames):
        time.sleep(8 / (renames + 1))
        writer.rotate()
    time.sleep(8 / (renames + 1))
    scene.receiver.listen()
    time.sleep(seconds - 8)
    writer.finish()
    return Outcome(scene.finish(writer), "")


def quick_renames(scene, writer=None):
    writer = writer or rig.Writer(scene.log)
    if not scene.agent:
        scene.started()
    writer.start(PER_SECOND)
    for _ in range(30):
        time.sleep(0.3)
        writer.rotate()
    writer.finish()
    return Outcome(scene.finish(writer), "")


def quick_renames_behind_a_link(scene):
    """As kubelet rotates, but faster: what is tailed is a link, and nobody watches the directory behind it."""
    (scene.directory / "behind").mkdir()
    writer = rig.Writer(scene.directory / "behind" / "0.log")
    os.symlink(writer.path, scene.log)
    return quick_renames(scene, writer)


def directory_replaced(scene):
    """The logs' directory is moved away and made anew."""
    logs = scene.directory / "logs"
    scene.paths = logs / "*.log"
    logs.mkdir()
    before = rig.Writer(logs / "app.log", "before")
    before.write(100)
    scene.started()
    scene.finish(before)
    logs.rename(scene.directory / "logs.old")
    logs.mkdir()
    time.sleep(0.5)
    writer = rig.Writer(logs / "app.log")
    return quick_renames(scene, writer)


def copytruncate(scene):
    writer = rig.Writer(scene.log)
    scene.started()
    writer.start(PER_SECOND)
    for _ in range(5):
        time.sleep(scene.random.uniform(1, 1.4))
        writer.copytruncate()
    time.sleep(0.5)
    writer.finish()
    verdict = scene.finish(writer, seconds=8)
    counted = scene.agent.metric("tailrace_file_truncated_bytes_total")
    return Outcome(verdict, f"{counted:.0f} bytes reported as cut off before they were read" if verdict.lost else "")


def answers_500(scene):
    writer = rig.Writer(scene.log)
    scene.started()
    scene.receiver.answer = lambda: rig.Answer(500)
    writer.start(PER_SECOND)
    time.sleep(6.25)
    writer.finish()
    time.sleep(3.75)
    scene.receiver.answer = rig.Answer
    return Outcome(scene.finish(writer), "")


def stall(scene):
    writer = rig.Writer(scene.log)
    scene.started()
    scene.receiver.answer = lambda: rig.Answer(delay=15)
    writer.start(PER_SECOND)
    time.sleep(8.75)
    writer.finish()
    time.sleep(6.25)
    scene.receiver.answer = rig.Answer
    scene.receiver.released.set()
    return Outcome(scene.finish(writer), "")


def inode_reuse(scene):
    writer = rig.Writer(scene.log)
    scene.started()
    writer.write(20)
    inodes = set()
    for _ in range(50):
        time.sleep(0.2)
        writer.replace()
        inodes.add(os.stat(scene.log).st_ino)
        writer.write(22)
    return Outcome(scene.finish(writer, seconds=20), f"{len(inodes)} inode numbers in 50 files")


def truncated_while_down(scene):
    writer = rig.Writer(scene.log)
    scene.started()
    writer.write(2000)
    scene.finish(writer)
    scene.terminate()
    writer.file.truncate(0)
    writer.write(3000)
    scene.started()
    return Outcome(scene.finish(writer, seconds=15), "")


def short_lived_files(scene):
    scene.paths = scene.directory / "*.txt"
    scene.started()
    writers, living = [rig.Writer(scene.directory / "long.txt", "long")], collections.deque()
    for i in range(2000):
        writer = rig.Writer(scene.directory / f"short-{i}.txt", f"s{i}")
        writer.write(3)
        writer.file.close()
        writers.append(writer)
        living.append((time.monotonic() + 1.5, writer.path))
        if i % 4 == 0:
            writers[0].write(1)
        while living and living[0][0] < time.monotonic():
            os.unlink(living.popleft()[1])
        time.sleep(0.003)
    for due, path in living:
        time.sleep(max(0, due - time.monotonic()))
        os.unlink(path)
    verdict = scene.finish(*writers)
    return Outcome(verdict, f"{scene.agent.descriptors()} descriptors at the end")


def long_line_and_sparse_file(scene):
    scene.paths = scene.directory / "*.txt"
    line = rig.Writer(scene.directory / "line.txt", "line")
    line.write(60)
    line.file.write(b"y" * (5 * MIB) + b"\n")
    line.write(60)
    sparse = rig.Writer(scene.directory / "sparse.txt", "sparse")
    os.truncate(sparse.path, 1 << 30)
    sparse.file.write(b"\n")
    sparse.write(4000)
    scene.started()
    verdict = scene.finish(line, sparse, seconds=60)
    whole = any(len(text) >= 5 * MIB for text in scene.receiver.lines())
    return Outcome(verdict, f"{'' if whole else 'the long line did not arrive whole; '}"
                            f"{scene.memory_max / MIB:.0f} MiB of memory")


def damaged_positions(scene):
    """Both ways, one after the other: filled with NULs, and cut in half."""
    writer = rig.Writer(scene.log)
    writer.write(1000)
    starts = 0
    for damage in (lambda text: b"\0" * len(text), lambda text: text[:len(text) // 2]):
        scene.started()
        scene.finish(writer)
        scene.terminate()
        for path in scene.directory.glob("positions*"):
            path.write_bytes(damage(path.read_bytes()))
        writer.write(500)
        scene.start()
        try:
            scene.agent.wait_until_up(5)
            starts += 1
            scene.finish(writer)
            scene.terminate()
        except rig.Failure:
            scene.kill()
            for path in scene.directory.glob("positions*"):
                path.unlink()
    scene.started()
    return Outcome(scene.finish(writer), f"starts with {starts} of 2")


def few_descriptors(scene):
    scene.paths = scene.directory / "*.txt"
    writers = [rig.Writer(scene.directory / f"{i}.txt", f"f{i}") for i in range(200)]
    scene.preexec = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    for writer in writers:
        writer.write(5)
    scene.start()
    for _ in range(4):
        time.sleep(2)
        for writer in writers:
            writer.write(5)
    verdict = scene.finish(*writers, seconds=30)
    return Outcome(verdict, "" if scene.agent.alive() else f"it ended with {scene.agent.popen.returncode}")


def two_receivers_one_dead(scene):
    writer = rig.Writer(scene.log, padding=400)
    dead = rig.Receiver()
    dead.refuse()
    scene.clients = [rig.client(receiver, batchwait="1s", timeout="10s") for receiver in (dead, scene.receiver)]
    scene.started()
    writer.start(PER_SECOND)
    time.sleep(18)
    writer.finish()
    begin = time.monotonic()
    verdict = rig.wait_until_all_came(scene.receiver, [writer], 20)
    behind = time.monotonic() - begin
    scene.note_memory()
    note = f"the healthy one is {behind:.1f} s behind" if not verdict.lost else "the healthy one stands still"
    dead.listen()
    late = rig.wait_until_all_came(dead, [writer], 40)
    rig.wait_until_all_came(scene.receiver, [writer], 20)
    verdict = rig.Verdict(scene.receiver, [writer])
    return Outcome(verdict, f"{note}; the other, once it is back: {late.lost} lost")


def kill_in_outage_with_rotation(scene):
    writer = rig.Writer(scene.log)
    scene.started()
    writer.start(PER_SECOND)
    time.sleep(4)
    scene.receiver.refuse()
    time.sleep(3)
    writer.rotate()
    time.sleep(3)
    scene.kill()
    time.sleep(1)
    scene.start()
    time.sleep(2)
    scene.receiver.listen()
    time.sleep(4.5)
    writer.finish()
    return Outcome(scene.finish(writer), "")


ROWS = [
    Row("refused", "Loki refuses, SIGTERM, restart with Loki up", stop_while_refused),
    Row("kills", "8 x SIGKILL, Loki up", eight_kills),
    Row("outage1", "8 s outage, agent started in it, one rename", lambda s: outage_with_renames(s, 1, 25)),
    Row("outage3", "8 s outage, three renames", lambda s: outage_with_renames(s, 3, 40)),
    Row("renames", "30 renames, one each 0.3 s, Loki up", quick_renames),
    Row("link", "30 renames behind a link, one each 0.3 s", quick_renames_behind_a_link),
    Row("directory", "the logs' directory replaced, then 30 renames", directory_replaced),
    Row("copytruncate", "5 x copytruncate", copytruncate),
    Row("500", "Loki answers 500 for 10 s", answers_500),
    Row("stall", "Loki stalls 15 s", stall),
    Row("inodes", "inode reused by the next file, 50 times", inode_reuse),
    Row("truncated", "truncated and grown beyond the old offset while the agent is down", truncated_while_down),
    Row("short", "2,000 short-lived files", short_lived_files),
    Row("long", "5 MB line and a 1 GB sparse file", long_line_and_sparse_file),
    Row("positions", "positions file of NULs, or cut in half", damaged_positions),
    Row("descriptors", "200 files with `ulimit -n 64`", few_descriptors),
    Row("two", "two Lokis, one dead", two_receivers_one_dead),
    Row("outagekill", "kill -9 in an outage with a rotation", kill_in_outage_with_rotation),
]


def describe(row, outcome, memory_max):
    verdict = outcome.verdict
    parts = [f"{verdict.lost:,} of {verdict.written:,} lost"]
    if verdict.extra or verdict.repeated:
        parts.append(f"{verdict.extra:,} extra copies, {verdict.repeated:,} that Loki merges")
    if verdict.disordered:
        parts.append(f"{verdict.disordered:,} out of order")
    if outcome.note:
        parts.append(outcome.note)
    return f"| {row.title} | {'; '.join(parts)} | {memory_max / MIB:.0f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--only", help="rows, by key: " + ",".join(row.key for row in ROWS))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--markdown", help="write the table here")
    parser.add_argument("--keep", action="store_true", help="keep the directories of rows that lost something")
    arguments = parser.parse_args()
    binary = os.path.abspath(shutil.which(arguments.binary) or arguments.binary)
    wanted = arguments.only.split(",") if arguments.only else [row.key for row in ROWS]
    if unknown := set(wanted) - {row.key for row in ROWS}:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    version = subprocess.run([binary, "-version"], capture_output=True, text=True).stdout.splitlines()[:1]
    table = ["| fault | " + (version[0] if version else binary) + " | peak memory, MiB |", "|---|---|---|"]
    print(f"seed {arguments.seed}\n" + "\n".join(table), flush=True)
    failed = []
    for row in ROWS:
        if row.key not in wanted:
            continue
        directory = pathlib.Path(tempfile.mkdtemp(prefix=f"tailrace-fault-{row.key}-"))
        scene = Scene(binary, directory, random.Random(f"{arguments.seed} {row.key}"))
        try:
            outcome = row.run(scene)
            bad = bool(outcome.verdict.lost or outcome.verdict.disordered)
            table.append(describe(row, outcome, scene.memory_max))
        except rig.Failure as failure:
            bad = True
            table.append(f"| {row.title} | {failure} | |".replace("\n", " "))
        finally:
            rig.Process.end_all()
            scene.receiver.refuse()
        print(table[-1], flush=True)
        if bad:
            failed.append(row.key)
        if bad and arguments.keep:
            print(f"kept: {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    if arguments.markdown:
        pathlib.Path(arguments.markdown).write_text("\n".join(table) + "\n")
    if failed:
        print(f"with losses or disorder: {', '.join(failed)}")
    sys.stdout.flush()
    os._exit(1 if failed else 0)


if __name__ == "__main__":
    main()
