#!/usr/bin/env python3
"""Whatever Loki answers: what can pass is tried again, what cannot is counted and let go, what is refused as a whole
goes in parts; and no answer, however long or broken, takes memory or stops the files.

    answers_test.py path/to/tailrace
"""

import time

import rig

LINES = 40
MIB = 1 << 20
MEMORY_MAX = 40 * MIB


def raw(head, body=b""):
    return rig.Answer(raw=head.replace("\n", "\r\n").encode() + body)


BIG = b"x" * MIB
TRIED_AGAIN = {
    "429": rig.Answer(429),
    "500": rig.Answer(500),
    "503": rig.Answer(503),
    "504": rig.Answer(504),
    "no answer": rig.Answer(None),
    "no answer, but taken": rig.Answer(None, take=True),
    "half a status line": raw("HTTP/1.1 20"),
    "half a head": raw("HTTP/1.1 204 No Content\nContent-"),
    "half a body": raw("HTTP/1.1 200 OK\nContent-Length: 100\n\n", b"abc"),
    "half a body of an error": raw("HTTP/1.1 500 Oh\nContent-Length: 100\n\n", b"abc"),
    "nonsense": raw("", b"\0\1\2 this is not HTTP\r\n\r\n"),
    "a megabyte of error": rig.Answer(500, body=BIG),
    "an error without end": raw("HTTP/1.1 503 Oh\nTransfer-Encoding: chunked\n\n100000\n", BIG),
}
DROPPED = {
    "400": rig.Answer(400),
    "401": rig.Answer(401),
    "404": rig.Answer(404),
    "a megabyte of refusal": rig.Answer(400, body=BIG),
}


class World:
    def __init__(self, binary, directory):
        self.receiver = rig.Receiver()
        self.path = directory / "app.log"
        self.path.touch()
        self.made = 0
        self.agent = rig.Tailrace(binary, directory, {
            "clients": [rig.client(self.receiver, batchwait="50ms", backoff_config={"min_period": "5ms", "max_period": "20ms"})],
            "scrape_configs": [rig.job(self.path, stages=[
                {"regex": {"expression": r"^(?P<stream>\w+)"}}, {"labels": {"stream": ""}}])],
        }).wait_until_up()

    def answer_once(self, *answers):
        script = list(answers)
        self.receiver.answer = lambda: script.pop(0) if script else rig.Answer()

    def write(self, names=("line",), count=LINES):
        """Lines with a number of their own, of these streams in turn."""
        lines = [f"{names[i % len(names)]} {self.made + i}" for i in range(count)]
        self.made += count
        with open(self.path, "a") as file:
            file.write("".join(f"{line}\n" for line in lines))
        return lines

    def dropped(self):
        return self.agent.metric("promtail_dropped_entries_total")

    def expect_arrived(self, lines, what):
        rig.wait_for(f"the lines after {what}", lambda: set(lines) <= set(self.receiver.lines()), 20)

    def expect_settled(self, what):
        """What has been written is behind us: sent or let go."""
        self.expect_arrived(self.write(count=1), what)


def whole_pushes(world):
    for what, answer in TRIED_AGAIN.items():
        before = world.dropped()
        world.answer_once(answer, answer)
        world.expect_arrived(world.write(), what)
        rig.expect(world.dropped() == before, f"lines were dropped after {what}")
    for what, answer in DROPPED.items():
        before = world.dropped()
        world.answer_once(answer)
        lines = world.write()
        rig.wait_for(f"the drop after {what}", lambda: world.dropped() == before + len(lines), 20)
        world.expect_settled(what)
        rig.expect(not set(lines) & set(world.receiver.lines()), f"{what} was tried again")


def asked_to_wait(world):
    world.answer_once(rig.Answer(429, headers={"Retry-After": "1"}))
    before = len(world.receiver.requests)
    world.expect_arrived(world.write(), "Retry-After")
    waited = world.receiver.requests[before + 1].at - world.receiver.requests[before].at
    rig.expect(waited >= 0.95, f"Retry-After: 1 was answered with a push after {waited:.2f} s")


def too_large(world):
    """In parts until they are small enough, in order; a line that is too large by itself goes, and nothing else."""
    before = world.dropped()
    world.receiver.judge = lambda streams: (
        rig.Answer(413) if sum(len(entries) for _, entries in streams) > 7 or
        any(len(line) > 1000 for _, entries in streams for _, line, _ in entries) else None)
    first = world.write()
    with open(world.path, "a") as file:
        file.write("x" * 2000 + "\n")
    lines = first + world.write()
    world.expect_arrived(lines, "413")
    rig.wait_for("the drop of the one line that is too large", lambda: world.dropped() == before + 1, 20)
    world.receiver.judge = lambda streams: None
    came = [line for line in world.receiver.lines() if line in set(lines)]
    rig.expect(came == lines, "parts of a push that was too large came out of order or twice")
    world.expect_settled("413")
    rig.expect(world.dropped() == before + 1, f"{world.dropped() - before:g} lines dropped instead of the one too large")


def labels_that_do_not_parse(world):
    before = world.dropped()
    world.receiver.judge = lambda streams: (
        rig.Answer(400, body=b"couldn't parse labels: 1:2: parse error\n")
        if any("evil" in labels for labels, _ in streams) else None)
    lines = world.write(("a", "b", "evil", "c", "d"))
    world.expect_arrived([line for line in lines if "evil" not in line], "labels that do not parse")
    rig.wait_for("the drop of one stream", lambda: world.dropped() == before + LINES / 5, 20)
    world.receiver.judge = lambda streams: None


def stored_in_part(world):
    """Loki took the good lines and says so with a 400: none is sent again."""
    before = len(world.receiver.requests)
    world.answer_once(rig.Answer(400, take=True, body=b"entry too far behind\n"))
    lines = world.write()
    world.expect_arrived(lines, "a partial success")
    world.expect_settled("a partial success")
    rig.expect(len(world.receiver.requests) == before + 2, "a push that was stored in part was sent again")


def test(binary, directory):
    world = World(binary, directory)
    for part in (whole_pushes, asked_to_wait, too_large, labels_that_do_not_parse, stored_in_part):
        begin = time.monotonic()
        part(world)
        print(f"{part.__name__}: {time.monotonic() - begin:.1f} s")
    memory = world.agent.memory_max()
    rig.expect(memory <= MEMORY_MAX, f"{memory >> 20} MiB of memory")
    rig.expect(len(world.agent.log()) < 200_000, "the answers' texts filled the log")
    status, _ = world.agent.terminate()
    rig.expect(status == 0, f"exit status {status}")
    rig.expect(world.agent.positions().get(str(world.path)) == world.path.stat().st_size, "the position is not at the end")


if __name__ == "__main__":
    rig.main(test)
