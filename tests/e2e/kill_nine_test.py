#!/usr/bin/env python3
"""kill -9 at any moment loses nothing: the delivery promise, held by the whole program.

Several files are written and rotated in several ways while tailrace is killed and started again and the receiver does
whatever a seed says. In the end every line has arrived, first arrivals of a file are in order, no saved position was
ever in front of what was acknowledged, and memory stayed under its bound. Copies are counted and told.

    TAILRACE_SEED=7 kill_nine_test.py path/to/tailrace       the same run again, as far as a scheduler allows
    TAILRACE_KILLS=1000                                      more than the usual 12
"""

import os
import random
import time

import rig

MEMORY_MAX = 48 << 20


class LinkedWriter(rig.Writer):
    """Its path is a symbolic link that is moved on to a new file, as kubelet does."""

    def __init__(self, path, name):
        self.link = path
        self.generation = 0
        self.moved = 0.0
        target = path.parent / "behind" / f"{path.name}.0"
        target.parent.mkdir(exist_ok=True)
        target.touch()
        os.symlink(target, path)
        super().__init__(path, name)

    def rotate(self, keep=0):
        with self.lock:
            # A link says nothing of where it led before: one that moves on twice between two looks hides a file.
            time.sleep(max(0.0, self.moved + 0.2 - time.monotonic()))
            self.moved = time.monotonic()
            self.generation += 1
            target = self.link.parent / "behind" / f"{self.link.name}.{self.generation}"
            target.touch()
            os.symlink(target, f"{self.link}.new")
            os.rename(f"{self.link}.new", self.link)
            self.file.close()
            self.file = open(target, "ab", buffering=0)


class World:
    def __init__(self, binary, directory, seed):
        self.random = random.Random(seed)
        self.answers = random.Random(seed + 1)  # asked by the receiver's threads
        self.binary = binary
        self.directory = directory
        self.receiver = rig.Receiver(self.answer)
        self.healthy = False
        logs = directory / "logs"
        logs.mkdir()
        self.renamed = [rig.Writer(logs / f"renamed-{i}.log", f"renamed{i}") for i in range(2)]
        self.truncated = rig.Writer(logs / "truncated.log", "truncated")
        self.linked = LinkedWriter(logs / "linked.log", "linked")
        self.writers = [*self.renamed, self.truncated, self.linked]
        self.port = rig.free_port()
        self.memory_max = 0
        self.kills = 0
        self.begin()
        # A file that was renamed before anybody ever saw it is nobody's: no pattern names it, nothing remembers it.
        rig.wait_for("all files to be open",
                     lambda: self.agent.metric("promtail_files_active_total") == len(self.writers))

    def begin(self):
        self.agent = rig.Tailrace(self.binary, self.directory, {
            "clients": [rig.client(self.receiver, timeout="1s")],
            "target_config": {"sync_period": "500ms"},
            "scrape_configs": [rig.job(self.directory / "logs/*.log", name="kill")],
        }, sync_period="200ms", port=self.port)

    def answer(self):
        if self.healthy:
            return rig.Answer()
        pick = self.answers.random()
        if pick < 0.5:
            return rig.Answer()
        if pick < 0.6:
            return rig.Answer(429, headers={"Retry-After": "1"})
        if pick < 0.7:
            return rig.Answer(500)
        if pick < 0.8:
            return rig.Answer(None)             # cut, nothing taken
        if pick < 0.9:
            return rig.Answer(None, take=True)  # taken, but the answer is lost
        return rig.Answer(204, take=True, delay=1.5)  # later than the client waits

    def step(self):
        """One thing happens to the world."""
        pick = self.random.random()
        writer = self.random.choice(self.writers)
        if pick < 0.7:
            writer.write(self.random.randrange(1, 400))
        elif pick < 0.78:
            self.random.choice([*self.renamed, self.linked]).rotate()
        elif pick < 0.82:
            self.copytruncate()
        elif pick < 0.9:
            self.receiver.refuse()
        else:
            self.receiver.listen()
        time.sleep(self.random.uniform(0, 0.08))

    def copytruncate(self):
        """What is not read yet when a file is cut is gone for everybody, so it is cut only when all of it was
        acknowledged and that is written down."""
        self.heal()
        rig.wait_for("all lines before a truncation", lambda: not rig.Verdict(self.receiver, [self.truncated]).lost, 60,
                     pause=0.2)
        size = os.path.getsize(self.truncated.path)
        rig.wait_for(lambda: f"the position to be {size}; it is {self.agent.positions()}",
                     lambda: self.agent.positions().get(str(self.truncated.path)) == size, 30)
        self.truncated.copytruncate()
        rig.wait_for("the truncation to be seen",
                     lambda: self.agent.positions().get(str(self.truncated.path)) != size or
                     self.truncated.write(1), 30, pause=0.1)
        self.healthy = False

    def heal(self):
        self.healthy = True
        self.receiver.listen()

    def kill(self):
        """SIGKILL, and a look at what it left."""
        if self.agent.alive():
            self.memory_max = max(self.memory_max, self.agent.memory_max())
        else:
            raise rig.Failure(f"tailrace ended by itself with {self.agent.popen.returncode}")
        self.agent.kill()
        self.kills += 1
        self.check_positions()
        if self.random.random() < 0.3:  # the world goes on while nobody looks
            for writer in self.random.sample(self.writers, 2):
                writer.write(self.random.randrange(1, 50))
                if writer is not self.truncated and self.random.random() < 0.4:
                    writer.rotate()
                    if writer is not self.linked and self.random.random() < 0.4:
                        time.sleep(0.02)  # rotations within one tick of the file system's clock have no order
                        writer.write(self.random.randrange(1, 50))
                        writer.rotate()
        self.begin()

    def check_positions(self):
        """What is in front of a saved position has arrived. Our own file says which inode an offset belongs to; a file
        that was cut since says nothing."""
        arrived = set(self.receiver.lines())
        files = {os.stat(path).st_ino: path for folder in ("logs", "logs/behind")
                 for path in (self.directory / folder).iterdir() if path.is_file()}
        saved = {str(self.truncated.path): self.agent.positions().get(str(self.truncated.path), 0)}
        identities = self.agent.positions_path.with_name(self.agent.positions_path.name + ".tailrace")
        for line in identities.read_text().splitlines() if identities.exists() else ():
            kind, _, rest = line.partition(" ")
            if kind in ("file", "done"):
                offset, _, inode = rest.split(" ")[:3]
                if int(inode) in files:
                    saved[str(files[int(inode)])] = int(offset)
        for path, offset in saved.items():
            with open(path, "rb") as file:
                front = file.read(offset)
            if len(front) < offset:
                continue
            ahead = [line for line in front.decode().splitlines() if line not in arrived]
            rig.expect(not ahead, f"the position {offset} of {os.path.basename(path)} is ahead of {ahead[:3]}")


def test(binary, directory):
    seed = int(os.environ.get("TAILRACE_SEED") or random.SystemRandom().randrange(10**6))
    kills = int(os.environ.get("TAILRACE_KILLS") or 12)
    print(f"TAILRACE_SEED={seed}, {kills} kills", flush=True)
    world = World(binary, directory, seed)
    while world.kills < kills:
        for _ in range(world.random.randrange(3, 40)):
            world.step()
        world.kill()
    world.heal()
    verdict = rig.wait_until_all_came(world.receiver, world.writers, 60)
    world.memory_max = max(world.memory_max, world.agent.memory_max())
    print(f"{verdict}; {world.memory_max >> 20} MiB at most, {len(world.receiver.requests)} pushes")
    rig.expect(not verdict.lost, f"lost: {verdict}")
    rig.expect(not verdict.disordered, f"out of order: {verdict}")
    rig.expect(not world.receiver.errors, f"pushes that could not be decoded: {world.receiver.errors[:1]}")
    rig.expect(world.memory_max <= MEMORY_MAX, f"{world.memory_max >> 20} MiB of memory, the bound is {MEMORY_MAX >> 20}")
    status, _ = world.agent.terminate()
    rig.expect(status == 0, f"exit status {status} in the end")


if __name__ == "__main__":
    rig.main(test)
