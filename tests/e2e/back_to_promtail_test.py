#!/usr/bin/env python3
"""From Promtail to tailrace and back, with one configuration and one positions file: every line arrives once.

    back_to_promtail_test.py path/to/tailrace

Skipped without a promtail on PATH (or PROMTAIL).
"""

import gzip
import os
import re

import yaml

import rig

ROUNDS = 4


def config(directory, receiver, port):
    logs = directory / "logs"
    return {
        "server": {"http_listen_address": "127.0.0.1", "http_listen_port": port,
                   "grpc_listen_address": "127.0.0.1", "grpc_listen_port": 0},
        "positions": {"filename": str(directory / "positions.yaml"), "sync_period": "500ms"},
        "target_config": {"sync_period": "500ms"},
        "clients": [rig.client(receiver)],
        "scrape_configs": [
            rig.job(logs / "*.log", name="plain", stages=[{"multiline": {"firstline": "^w", "max_wait_time": "200ms"}}]),
            {**rig.job(logs / "*.gz", name="archive"), "decompression": {"enabled": True, "format": "gz"}}],
    }


def saved(directory):
    path = directory / "positions.yaml"
    return (yaml.safe_load(path.read_text()) or {}).get("positions", {}) if path.exists() else {}


def turn(program, name, directory, receiver, writers, archive, port):
    """One life of one program: it takes what stands there and what comes, and ends."""
    for writer in writers:
        writer.write(100)
    agent = rig.Process(name, [program, f"-config.file={directory / 'config.yaml'}"], directory)

    def up():
        rig.expect(agent.alive(), f"{name} ended:\n{agent.log()[-2000:]}")
        return rig.get(f"http://127.0.0.1:{port}/metrics")[0] == 200
    rig.wait_for(f"{name} to answer", up)
    for writer in writers:
        writer.write(100)
    verdict = rig.wait_until_all_came(receiver, writers, seconds=30)
    rig.expect(not verdict.lost, f"{name}: {verdict}")
    rig.wait_for("the archive", lambda: len(receiver.lines(job="archive")) >= archive)
    status, _ = agent.terminate()
    rig.expect(status == 0, f"{name}: exit status {status}")
    sizes = {str(writer.path): str(os.path.getsize(writer.path)) for writer in writers}
    found = saved(directory)
    rig.expect({path: found.get(path) for path in sizes} == sizes, f"{name} left {found}, the files are {sizes}")
    text = (directory / "positions.yaml").read_text()
    rig.expect(re.match(r'positions:\n  \S+: "\d+"\n', text), f"{name} wrote another form:\n{text}")


def test(binary, directory):
    promtail = rig.need("promtail", "PROMTAIL")
    logs = directory / "logs"
    logs.mkdir()
    with gzip.open(logs / "old.gz", "wt") as file:
        file.write("".join(f"archived {n}\n" for n in range(50)))
    receiver = rig.Receiver()
    port = rig.free_port()
    (directory / "config.yaml").write_text(yaml.safe_dump(config(directory, receiver, port), sort_keys=False))
    writers = [rig.Writer(logs / f"{i}.log", name=f"w{i}") for i in range(3)]
    for round_number in range(ROUNDS):
        program, name = ((promtail, "promtail"), (binary, "tailrace"))[round_number % 2]
        turn(program, f"{name}-{round_number}", directory, receiver, writers, 50, port)
    verdict = rig.Verdict(receiver, writers)
    rig.expect(not verdict.lost and not verdict.extra and not verdict.repeated and not verdict.disordered, str(verdict))
    archived = receiver.lines(job="archive")
    rig.expect(len(archived) == 50, f"{len(archived)} lines of an archive of 50")
    print(f"{verdict}; {ROUNDS} changes of program")


if __name__ == "__main__":
    rig.main(test)
