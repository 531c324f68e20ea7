#!/usr/bin/env python3
"""Writes cmake/hot_functions.ld: which functions the linker is to put side by side.

A process that wakes up now and then pays for each page that it touches (docs/architecture.md, Measured). Functions lie
in the program as the libraries come, so an idle round of 130 functions touched 60 pages. This runs tailrace under
valgrind, idle with many files and then behind a steady writer, notes which functions run, and lists their sections:
those of the idle round first.

    cmake --preset release -DTAILRACE_LINK_MAP=ON && cmake --build --preset release --target tailrace
    cmake -S bench/ship -B build/ship && cmake --build build/ship
    bench/hot_functions.py build/release/tailrace build/ship > cmake/hot_functions.ld
    cmake --preset release -DTAILRACE_LINK_MAP=OFF

The list goes stale slowly and does no harm then: a name that is gone matches nothing. Needs valgrind.
"""

import bisect
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SETTLE_SECONDS = 25  # under valgrind all is slow; files rest and directories are not fresh any more
WINDOW_SECONDS = 30
MEMBER_BYTES_MAX = 32 << 10  # an object of an archive that comes as one piece, and is larger, stays where it is


def run_under_valgrind(binary, tools, files, rate):
    """The names of the functions that ran in the window."""
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        (directory / "logs").mkdir()
        for i in range(files):
            (directory / "logs" / f"{i}.log").write_text("a line of a log\n" * 50)
        sink = subprocess.Popen([tools / "sink", "--port", "19691"], stdout=subprocess.DEVNULL)
        (directory / "config.yaml").write_text(f"""
server: {{http_listen_address: 127.0.0.1, http_listen_port: 19690}}
positions: {{filename: {directory}/positions.yaml}}
clients: [{{url: "http://127.0.0.1:19691/loki/api/v1/push"}}]
scrape_configs:
  - job_name: logs
    static_configs: [{{labels: {{job: logs, __path__: {directory}/logs/*.log}}}}]
""")
        agent = subprocess.Popen(
            ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={directory}/out", binary,
             f"-config.file={directory}/config.yaml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        writer = None
        if rate:
            writer = subprocess.Popen(
                [tools / "gen", "--kind", "short", "--rate", str(rate), "--seconds",
                 str(SETTLE_SECONDS + WINDOW_SECONDS + 5), "--out", directory / "logs" / "live.log"],
                stdout=subprocess.DEVNULL)
        try:
            time.sleep(SETTLE_SECONDS)
            subprocess.run(["callgrind_control", "-z", str(agent.pid)], check=True, stdout=subprocess.DEVNULL)
            time.sleep(WINDOW_SECONDS)
            subprocess.run(["callgrind_control", "-d", str(agent.pid)], check=True, stdout=subprocess.DEVNULL)
            time.sleep(3)
        finally:
            for process in filter(None, (writer, agent, sink)):
                process.terminate()
                process.wait()
        text = (directory / "out.1").read_text()
    names = {match[1]: match[2] for match in re.finditer(r"^c?fn=\((\d+)\) (.+)$", text, re.MULTILINE)}
    ran = re.findall(r"^fn=\((\d+)\)", text, re.MULTILINE)
    return list(dict.fromkeys(names[number].split("'")[0] for number in ran))


class Layout:
    """Which input section each function came from."""

    def __init__(self, binary):
        self.addresses = {}
        for line in subprocess.run(["nm", binary], check=True, capture_output=True, text=True).stdout.splitlines():
            parts = line.split()
            if len(parts) == 3 and parts[1] in "tTwWi":
                self.addresses[parts[2]] = int(parts[0], 16)
        text = pathlib.Path(f"{binary}.map").read_text()
        pattern = r"^ (\.text\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$"
        self.sections = sorted((int(match[2], 16), int(match[3], 16), match[1], match[4])
                               for match in re.finditer(pattern, text, re.MULTILINE) if int(match[3], 16))

    def patterns_of(self, function):
        address = self.addresses.get(function)
        if address is None:
            return []
        at = bisect.bisect(self.sections, (address, 1 << 62)) - 1
        begin, size, section, file = self.sections[at]
        if not begin <= address < begin + size:
            return []
        name, _, clone = section.removeprefix(".text").removeprefix(".").partition(".")
        if name.startswith("_") or (name and not file.startswith("/usr/")):
            # The compiler numbers its clones as it likes.
            return [f"*(.text.{name}.*)" if clone else f"*(.text.{name})"]
        member = re.fullmatch(r".*/([^/]+\.a)\((.+)\)", file)
        if member and size <= MEMBER_BYTES_MAX:
            # Valgrind knows no AVX-512; processors that do run the sibling.
            stem, avx, _ = member[2].partition("-avx")
            return [f"*{member[1]}:{member[2]}({section})"] + ([f"*{member[1]}:{stem}-evex*(.text.evex)"] if avx else [])
        return []


def main():
    binary, tools = sys.argv[1], pathlib.Path(sys.argv[2])
    layout = Layout(binary)
    functions = run_under_valgrind(binary, tools, 100, 0) + run_under_valgrind(binary, tools, 1, 10_000)
    patterns = list(dict.fromkeys(pattern for function in functions for pattern in layout.patterns_of(function)))
    print("/* Written by bench/hot_functions.py: what runs in an idle round, then what runs behind a steady writer. */")
    print("SECTIONS\n{\n  .text.often :\n  {")
    for pattern in patterns:
        print(f"    {pattern}")
    print("  }\n}\nINSERT BEFORE .text;")
    print(f"{len(functions)} functions, {len(patterns)} sections", file=sys.stderr)


if __name__ == "__main__":
    main()
