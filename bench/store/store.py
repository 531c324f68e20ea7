#!/usr/bin/env python3
"""Measures the embedded store, and a real Loki on the same data if one is on PATH (or given).

    store.py --build build/release [--loki /path/to/loki] [--mib 1024] [--restart-mib 10240] [--only store,loki]

Prints a table; of queries wall time, and in brackets CPU time of the server. Takes some minutes and, for the restart, disk space of a fifth of --restart-mib. Everything is on
loopback and in a temporary directory.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")

# What a single Loki usually has: filesystem, TSDB, snappy as in Loki's own example; limits out of the way.
LOKI_CONFIG = """
auth_enabled: false
server: {{http_listen_address: 127.0.0.1, http_listen_port: {port}, grpc_listen_address: 127.0.0.1,
         grpc_listen_port: {grpc}, log_level: error, http_server_read_timeout: 300s, http_server_write_timeout: 300s}}
common:
  instance_addr: 127.0.0.1
  path_prefix: {folder}
  storage: {{filesystem: {{chunks_directory: {folder}/chunks, rules_directory: {folder}/rules}}}}
  replication_factor: 1
  ring: {{kvstore: {{store: inmemory}}}}
schema_config:
  configs:
    - {{from: 2020-10-24, store: tsdb, object_store: filesystem, schema: v13, index: {{prefix: index_, period: 24h}}}}
ingester: {{chunk_encoding: {encoding}}}
analytics: {{reporting_enabled: false}}
limits_config: {{ingestion_rate_mb: 10000, ingestion_burst_size_mb: 10000, per_stream_rate_limit: 10GB,
                per_stream_rate_limit_burst: 10GB, unordered_writes: true, max_line_size: 1MB,
                query_timeout: 300s}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that answers Loki's API."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.process = None

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            with contextlib.suppress(OSError):
                if self.get("/ready", timeout=2)[0] == 200:
                    return time.monotonic() - began
            if self.process.poll() is not None:
                raise SystemExit(f"{self.command()[0]} ended with {self.process.returncode}")
            time.sleep(0.002)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(120)

    def get(self, path, timeout=300, **parameters):
        url = f"http://127.0.0.1:{self.port}{path}"
        if parameters:
            url += "?" + urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self, field="VmRSS"):
        """MiB. VmHWM is the most since reset_peak()."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        return 0

    def reset_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def forget_files(self):
        """Takes the files out of the page cache."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                with open(path, "rb") as file:
                    os.fsync(file.fileno())
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def bytes(self, skip=()):
        return sum(path.stat().st_size for path in self.folder.rglob("*")
                   if path.is_file() and not any(word in str(path) for word in skip))


class OurStore(Server):
    name = "tailrace's store"

    def __init__(self, folder, program):
        super().__init__(folder)
        self.program = program

    def command(self):
        return [self.program, str(self.folder), str(self.port)]

    def flush(self):
        self.process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        self.get("/ready")  # behind the flush

    def stored_bytes(self):
        return self.bytes(skip=["inbox.db"])


class Loki(Server):
    def __init__(self, folder, program, encoding):
        super().__init__(folder)
        self.name = f"Loki, {encoding}"
        self.program = program
        self.config = self.folder / "loki.yaml"
        self.config.write_text(LOKI_CONFIG.format(port=self.port, grpc=free_port(), folder=self.folder,
                                                  encoding=encoding))

    def command(self):
        return [self.program, f"-config.file={self.config}"]

    def flush(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/flush", method="POST")
        urllib.request.urlopen(request, timeout=60).read()
        # Chunks are written in the background.
        before = -1
        while before != (now := self.bytes(skip=["/wal/"])):
            before = now
            time.sleep(3)

    def stored_bytes(self):
        return self.bytes(skip=["/wal/", "loki.yaml"])


def timed(server, path, **parameters):
    began = time.monotonic()
    status, body = server.get(path, **parameters)
    seconds = time.monotonic() - began
    if status != 200:
        raise SystemExit(f"{server.name}: {path} {parameters} answered {status}: {body[:300]}")
    return seconds, json.loads(body)


class Cost:
    """Wall and CPU time of some queries."""

    def __init__(self):
        self.wall = []
        self.cpu = []

    def ask(self, server, path, **parameters):
        cpu = server.cpu_seconds()
        seconds, answer = timed(server, path, **parameters)
        self.wall.append(seconds)
        self.cpu.append(server.cpu_seconds() - cpu)
        return answer

    def __str__(self):
        return f"{statistics.median(self.wall) * 1000:.0f} ({statistics.median(self.cpu) * 1000:.0f})"


def spread(values, unit=1000):
    return f"{statistics.median(values) * unit:.0f} ({min(values) * unit:.0f}-{max(values) * unit:.0f})"


def ingest(server, load, payloads):
    server.reset_peak()
    cpu = server.cpu_seconds()
    output = subprocess.run([load, "push", str(server.port), payloads, "4"], capture_output=True, text=True,
                            check=True).stdout
    cpu = server.cpu_seconds() - cpu
    megabytes = float(output.split(" MB, ")[0].rpartition(" ")[2])
    return {"ingest MB/s": output.split(" MB/s")[0], "ingest MB/CPU s": f"{megabytes / cpu:.0f}",
            "push p50, p99, max ms": " ".join(word for word in output.splitlines()[1].split() if word[0].isdigit()),
            "refusals": output.split(" MB, ")[1].split()[0],
            "RSS while ingesting MiB": f"{server.memory('VmHWM'):.0f}"}


def measure(server, load, payloads, needle, mib, reps):
    row = {"": server.name}
    server.start()
    row |= ingest(server, load, payloads)
    server.flush()
    row["bytes on disk / raw"] = f"{server.stored_bytes() / (mib << 20):.3f}"
    time.sleep(50)
    row["RSS idle MiB"] = f"{server.memory():.0f}"
    server.stop()
    end = time.time_ns()
    span = {"start": end - 2 * 3600 * 10**9, "end": end}
    find = {"query": f'{{job="bench"}} |= "{needle}"', "limit": 10, **span}

    cold = Cost()
    for _ in range(reps):
        server.forget_files()
        server.start()
        answer = cold.ask(server, "/loki/api/v1/query_range", **find)
        lines = sum(len(stream["values"]) for stream in answer["data"]["result"])
        if lines != 1:
            raise SystemExit(f"{server.name}: the needle was found {lines} times")
        server.stop()
    row["needle cold ms"] = str(cold)
    ready = []
    for _ in range(reps):
        ready.append(server.start())
        if _ + 1 < reps:
            server.stop()
    row["exec to ready ms"] = spread(ready)
    server.reset_peak()
    # Each for another text, so that no cache of results answers.
    queries = {
        "needle warm": {"query": f'{{job="bench"}} |= "{needle}" != "@x"', "limit": 10},
        "count_over_time": {"query": 'sum(count_over_time({job="bench"}[6@s]))', "step": "60s"},
        "logfmt, by level": {"query": 'sum by (level) (count_over_time({job="bench"} | logfmt [6@s]))', "step": "60s"},
        "newest 1000": {"query": '{job="bench"} != "@x"', "limit": 1000},
    }
    for name, parameters in queries.items():
        cost = Cost()
        for i in range(reps if name != "logfmt, by level" else 1):
            query = parameters["query"].replace("@", str(i))
            cost.ask(server, "/loki/api/v1/query_range", **{**parameters, **span, "query": query})
        row[f"{name} ms"] = str(cost)
    row["RSS while querying MiB"] = f"{server.memory('VmHWM'):.0f}"
    labels = []
    for _ in range(10):
        for path in ("labels", "label/host/values", "series"):
            labels.append(timed(server, f"/loki/api/v1/{path}", **span)[0])
    row["labels, values, series ms"] = f"{statistics.median(labels) * 1000:.1f} (max {max(labels) * 1000:.1f})"
    server.stop()
    return row


def measure_restart(server, load, mib):
    """Ready with much stored: after a stop, and after a kill in the middle of ingest."""
    row = {}
    server.start()
    output = subprocess.run([load, "fill", str(server.port), str(mib)], capture_output=True, text=True, check=True)
    row["filled"] = output.stdout.strip()
    row["RSS MiB"] = f"{server.memory('VmHWM'):.0f} at most"
    server.stop(signal.SIGKILL)
    server.forget_files()
    row["ready after SIGKILL, cold, ms"] = f"{server.start() * 1000:.0f}"
    server.stop()
    server.forget_files()
    row["ready after a stop, cold, ms"] = f"{server.start() * 1000:.0f}"
    server.stop()
    row["ready after a stop, warm, ms"] = f"{server.start() * 1000:.0f}"
    row["bytes on disk"] = f"{server.bytes() >> 20} MiB"
    time.sleep(10)
    row["RSS idle MiB"] = f"{server.memory():.0f}"
    end = time.time_ns()
    row["labels ms"] = f"{timed(server, '/loki/api/v1/labels', start=end - 10**13, end=end)[0] * 1000:.1f}"
    server.stop()
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--loki", default=shutil.which("loki"))
    parser.add_argument("--encodings", default="snappy,zstd", help="of Loki's chunks")
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--restart-mib", type=int, default=10240, help="0: leave it out")
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--only", default="store,loki")
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.build).resolve() / "bench"
    load = str(build / "store_load")
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
        payloads = f"{folder}/payloads"
        needle = subprocess.run([load, "gen", payloads, str(arguments.mib)], capture_output=True, text=True,
                                check=True).stdout.strip()

        def fresh(name):
            path = pathlib.Path(folder) / name
            path.mkdir()
            return path
        servers = []
        if "store" in arguments.only:
            servers.append(OurStore(fresh("ours"), str(build / "bench_store")))
        if "loki" in arguments.only and arguments.loki:
            servers += [Loki(fresh(f"loki-{encoding}"), arguments.loki, encoding)
                        for encoding in arguments.encodings.split(",")]
        for server in servers:
            try:
                rows.append(measure(server, load, payloads, needle, arguments.mib, arguments.reps))
                print(rows[-1], file=sys.stderr, flush=True)
            finally:
                if server.process and server.process.poll() is None:
                    server.process.kill()
                shutil.rmtree(server.folder)
        os.unlink(payloads)
        if rows:
            print("| | " + " | ".join(row[""] for row in rows) + " |")
            print("|---" * (len(rows) + 1) + "|", flush=True)
            for key in list(rows[0])[1:]:
                print(f"| {key} | " + " | ".join(row[key] for row in rows) + " |", flush=True)
        if arguments.restart_mib and "store" in arguments.only:
            server = OurStore(fresh("much"), str(build / "bench_store"))
            try:
                for key, value in measure_restart(server, load, arguments.restart_mib).items():
                    print(f"- {key}: {value}", flush=True)
            finally:
                if server.process and server.process.poll() is None:
                    server.process.kill()


if __name__ == "__main__":
    main()
