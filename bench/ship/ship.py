#!/usr/bin/python3
"""Run log shippers side by side against a checking sink, and tabulate what they cost.

    cmake -S bench/ship -B build/ship && cmake --build build/ship
    ./ship.py                                                   # everything
    ./ship.py --scenarios S1,S5 --agents promtail,tailrace --bin tailrace=../tailrace --reps 5
    ./ship.py --scale 0.1 --reps 1                              # a quick look

Repetitions are interleaved (every agent once, then every agent again), so that a change in the
machine's mood falls on all of them. CPU seconds are the process's own, read the moment the last
line has arrived. See README.md for what each scenario measures.
"""
import argparse
import glob
import json
import os
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
TICK = os.sysconf("SC_CLK_TCK")


# ---- scenarios ------------------------------------------------------------------------------------

# name, kind of run, title, corpus (kind, MiB, files), pipeline kind
SCENARIOS = {
    "S1": ("drain", "one file of short lines, no stages", ("short", 1024, 1), "plain"),
    "S1n": ("drain", "one file of nginx lines, no stages", ("nginx", 512, 1), "plain"),
    "S2": ("drain", "one JSON file, json + labels + timestamp", ("json", 512, 1), "json"),
    "S3": ("drain", "one docker json-file, docker stage", ("docker", 512, 1), "docker"),
    "S4": ("drain", "100 files, no stages", ("short", 500, 100), "plain"),
    "S5": ("drain", "nginx lines, regex + labels(method, status)", ("nginx", 512, 1), "regex"),
    "S6": ("idle", "100 files, nothing written", ("short", 6.25, 100), "plain"),
    "S7": ("latency", "a line every 50 ms, default batching", None, "plain"),
    "S7b": ("latency", "a line every 50 ms, 100 ms batching", None, "plain"),
    "S8": ("steady", "10,000 lines a second", None, "plain"),
    "S9": ("start", "start-up", None, "plain"),
    "R": ("roofline", "the roofline program", None, None),
}
# What the line is, in the manifest of gen, for kinds that do not keep the line as it is.
INNER = {"docker"}


# ---- processes ------------------------------------------------------------------------------------

def cpu_ns(pid):
    """CPU time of a process, all threads, dead ones too (clock_getcpuclockid)."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def user_sys(pid):
    f = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return int(f[11]) / TICK, int(f[12]) / TICK


def status(pid):
    out = {}
    for line in open(f"/proc/{pid}/status"):
        k, v = line.split(":", 1)
        out[k] = v.split()[0] if v.split() else ""
    return out


def rss(pid):
    s = status(pid)
    return {k: int(s[n]) / 1024 for k, n in (("hwm", "VmHWM"), ("rss", "VmRSS"), ("anon", "RssAnon"))}


def switches(pid):
    total = 0
    for t in os.listdir(f"/proc/{pid}/task"):
        try:
            for line in open(f"/proc/{pid}/task/{t}/status"):
                if line.startswith("voluntary_ctxt"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total


def machine_busy():
    f = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
    idle = f[3] + f[4]
    return (sum(f) - idle) / TICK, sum(f) / TICK


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stop(proc, grace=30):
    """SIGTERM, wait, SIGKILL; returns the rusage of wait4."""
    if proc.returncode is None:
        proc.send_signal(signal.SIGTERM)
    end = time.monotonic() + grace
    killed = False
    while True:
        pid, st, ru = os.wait4(proc.pid, os.WNOHANG)
        if pid:
            proc.returncode = os.waitstatus_to_exitcode(st)
            return ru
        if time.monotonic() > end and not killed:
            proc.kill()
            killed = True
        time.sleep(0.01)


class Sink:
    def __init__(self, a, expect=0, flags=()):
        cmd = [os.path.join(a.build, "sink"), "--expect", str(expect), *flags]
        self.proc = subprocess.Popen(cmd, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.proc.stdout.readline())["port"]

    def complete(self, timeout):
        """The summary when all lines had arrived, or None."""
        import select
        if select.select([self.proc.stdout], [], [], timeout)[0]:
            return json.loads(self.proc.stdout.readline())
        return None

    def final(self):
        self.proc.send_signal(signal.SIGTERM)
        last = None
        for line in self.proc.stdout:
            last = json.loads(line)
        self.proc.wait()
        return last


# ---- agents ---------------------------------------------------------------------------------------

def fill(text, values):
    for k, v in values.items():
        text = text.replace("@" + k + "@", str(v))
    return text


class Agent:
    def __init__(self, decl, a, override):
        self.__dict__.update(ready=None, batch={}, exact=[], only=None, vars={}, env={})
        self.__dict__.update(decl)
        self.a = a
        want = override or self.bin
        beside = os.path.join(HERE, want)  # a path in agents.toml
        found = shutil.which(want) or next((p for p in (want, beside) if os.access(p, os.X_OK)), None)
        self.path = found and os.path.abspath(found)

    def describe(self):
        out = subprocess.run(shlex.split(fill(self.version, {"BIN": self.path})), capture_output=True, text=True)
        line = (out.stdout or out.stderr).strip().split("\n")[0]
        return {"version": line, "binary_mib": round(os.path.getsize(os.path.realpath(self.path)) / MIB, 2)}

    def start(self, kind, files_glob, sink_port, batch="default"):
        """Returns (process, values, the time of exec in ns)."""
        run = os.path.join(self.a.work, "run")
        shutil.rmtree(run, ignore_errors=True)
        os.makedirs(run)
        text = open(os.path.join(HERE, self.configs[kind])).read()
        values = {"RUN": run, "SINK_PORT": sink_port, "HTTP_PORT": free_port(), "GLOB": files_glob,
                  "DIR": os.path.dirname(files_glob), "PATTERN": os.path.basename(files_glob),
                  "BATCH_WAIT": self.batch.get(batch, "1s"), "BIN": self.path}
        text = fill(fill(text, self.vars), values)
        text = re.sub(r"\n(?:[ \t]*\n)+", "\n", text)
        values["CONFIG"] = os.path.join(run, os.path.basename(self.configs[kind]))
        with open(values["CONFIG"], "w") as f:
            f.write(text)
        log = open(os.path.join(self.a.work, "agent.log"), "w")
        t0 = time.monotonic_ns()
        proc = subprocess.Popen(shlex.split(fill(self.cmd, values)), stdout=log, stderr=log, cwd=run,
                                env={**os.environ, **self.env})
        return proc, values, t0


# ---- corpora --------------------------------------------------------------------------------------

def corpus(a, spec, scale):
    kind, mib, files = spec
    size = int(mib * MIB * scale / files)
    folder = os.path.join(a.work, "corpus", f"{kind}-{size}-{files}")
    manifest = os.path.join(folder, "manifest.json")
    pattern = os.path.join(folder, "app-*.log")
    if not os.path.exists(manifest):
        os.makedirs(folder, exist_ok=True)
        out = subprocess.run([os.path.join(a.build, "gen"), "--kind", kind, "--size", str(size), "--files", str(files),
                              "--seed", "7", "--out", os.path.join(folder, "app-%03d.log")],
                             capture_output=True, text=True, check=True)
        with open(manifest, "w") as f:
            f.write(out.stdout)
    return json.load(open(manifest)), pattern


def warm(pattern):
    """Into the page cache (Fluent Bit tells the kernel to drop what it has read)."""
    for f in glob.glob(pattern):
        with open(f, "rb", buffering=0) as h:
            buf = bytearray(4 * MIB)
            while h.readinto(buf):
                pass


def check(agent, kind, manifest, s):
    """What is wrong with what arrived, as a list of words."""
    bad = []
    if s["distinct"] != manifest["entries"]:
        bad.append(f"missing {manifest['entries'] - s['distinct']}")
    for k in ("duplicates", "reordered", "unmarked", "bad_requests"):
        if s[k]:
            bad.append(f"{k} {s[k]}")
    if kind in agent.exact:
        want = ("inner_bytes", "inner_crc") if manifest["kind"] in INNER and kind == "docker" else ("line_bytes", "line_crc")
        if s["line_bytes"] != manifest[want[0]]:
            bad.append(f"line bytes {s['line_bytes']} for {manifest[want[0]]}")
        elif s["line_crc"] != manifest[want[1]]:
            bad.append("content differs")
    return bad


# ---- the runs -------------------------------------------------------------------------------------

PACE_MIB = 64


def floor(a):
    """CPU seconds a GiB of the roofline without sending, just now: how fast the machine is."""
    _, pattern = corpus(a, ("short", PACE_MIB, 1), 1)
    out = subprocess.run([os.path.join(a.build, "roofline"), "--file", glob.glob(pattern)[0], "--no-send"],
                         capture_output=True, text=True, check=True)
    return json.loads(out.stdout)["cpu_s_per_gib"]


def drain(a, agent, spec, kind):
    manifest, pattern = corpus(a, spec, a.scale)
    warm(pattern)
    sink = Sink(a, manifest["entries"])
    busy0, _ = machine_busy()
    proc, _, t0 = agent.start(kind, pattern, sink.port)
    try:
        s = sink.complete(a.timeout)
        t1 = time.monotonic_ns()
        cpu, us, mem = cpu_ns(proc.pid) / 1e9, user_sys(proc.pid), rss(proc.pid)
        threads = int(status(proc.pid)["Threads"])
        busy1, _ = machine_busy()
    finally:
        stop(proc)
        last = sink.final()
    if s is None:
        return {"error": f"timed out: {last['distinct']} of {manifest['entries']} lines arrived", "cpu_s": cpu}
    gib = manifest["bytes"] / (1 << 30)
    wall = (s["last_push_ns"] - t0) / 1e9
    return {
        "mib": manifest["bytes"] / MIB, "wall_s": wall, "cpu_s": cpu, "user_s": us[0], "sys_s": us[1], "cpu_s_per_gib": cpu / gib,
        "mb_per_cpu_s": manifest["bytes"] / 1e6 / cpu, "mb_per_s": manifest["bytes"] / 1e6 / wall,
        "klines_per_cpu_s": manifest["entries"] / 1e3 / cpu,
        "first_push_ms": (s["first_push_ns"] - t0) / 1e6, "hwm_mib": mem["hwm"], "anon_mib": mem["anon"],
        "threads": threads, "wire_mib": s["wire_bytes"] / MIB, "requests": s["requests"], "label_sets": s["label_sets"],
        "sink_cpu_s": s["cpu_ns"] / 1e9, "encoding": "protobuf+snappy" if s["proto_requests"] else "json+gzip" if s["gzip_requests"] else "json",
        "others_cpu": max(0.0, (busy1 - busy0 - cpu - s["cpu_ns"] / 1e9) / ((t1 - t0) / 1e9)),
        "timestamps": [last.get("min_timestamp_ns"), last.get("max_timestamp_ns")], "labels": last["labels"][:2],
        "wrong": check(agent, kind, manifest, last),
    }


def idle(a, agent, spec, kind):
    manifest, pattern = corpus(a, spec, 1)
    warm(pattern)
    sink = Sink(a, manifest["entries"])
    proc, _, _ = agent.start(kind, pattern, sink.port)
    try:
        if sink.complete(a.timeout) is None:
            return {"error": "the files never arrived"}
        time.sleep(5)
        c0, w0, t0 = cpu_ns(proc.pid), switches(proc.pid), time.monotonic_ns()
        time.sleep(a.idle_seconds)
        c1, w1, t1 = cpu_ns(proc.pid), switches(proc.pid), time.monotonic_ns()
        mem = rss(proc.pid)
        fds = len(os.listdir(f"/proc/{proc.pid}/fd"))
        threads = int(status(proc.pid)["Threads"])
    finally:
        stop(proc)
        sink.final()
    return {"cpu_percent": (c1 - c0) * 100 / (t1 - t0), "wakeups_per_s": (w1 - w0) * 1e9 / (t1 - t0), "rss_mib": mem["rss"],
            "anon_mib": mem["anon"], "hwm_mib": mem["hwm"], "threads": threads, "fds": fds}


def live(a, agent, kind, rate, seconds, batch):
    """Follow one file that grows at a steady rate."""
    folder = os.path.join(a.work, "live")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, "live.log")
    gen = os.path.join(a.build, "gen")
    subprocess.run([gen, "--kind", "short", "--size", "1", "--file-id", "1", "--out", path], check=True, stdout=subprocess.DEVNULL)
    sink = Sink(a, 1)
    proc, _, _ = agent.start(kind, path, sink.port, batch)
    try:
        if sink.complete(30) is None:
            return {"error": "the first line never arrived"}
        time.sleep(1)
        c0, t0 = cpu_ns(proc.pid), time.monotonic_ns()
        subprocess.run([gen, "--kind", "short", "--rate", str(rate), "--seconds", str(seconds), "--out", path], check=True,
                       stdout=subprocess.DEVNULL)
        c1, t1 = cpu_ns(proc.pid), time.monotonic_ns()
        time.sleep(3)
        mem = rss(proc.pid)
    finally:
        stop(proc)
        s = sink.final()
    want = int(rate * seconds) + 1
    out = {"p50_ms": s["latency_p50_us"] / 1e3, "p90_ms": s["latency_p90_us"] / 1e3, "p99_ms": s["latency_p99_us"] / 1e3,
           "max_ms": s["latency_max_us"] / 1e3, "cpu_percent": (c1 - c0) * 100 / (t1 - t0), "rss_mib": mem["rss"],
           "anon_mib": mem["anon"], "hwm_mib": mem["hwm"], "requests": s["requests"], "wrong": []}
    if s["distinct"] != want:
        out["wrong"].append(f"missing {want - s['distinct']}")
    for k in ("duplicates", "reordered"):
        if s[k]:
            out["wrong"].append(f"{k} {s[k]}")
    return out


def start_up(a, agent, kind):
    folder = os.path.join(a.work, "live")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, "one.log")
    subprocess.run([os.path.join(a.build, "gen"), "--kind", "short", "--size", "1", "--out", path], check=True,
                   stdout=subprocess.DEVNULL)
    sink = Sink(a, 1)
    proc, values, t0 = agent.start(kind, path, sink.port, "fast")
    ready = None
    try:
        if agent.ready:
            url = fill(agent.ready, values)
            m = re.match(r"http://([^:/]+):(\d+)(/.*)", url)
            req = f"GET {m[3]} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            end = time.monotonic() + 20
            while time.monotonic() < end:
                try:
                    with socket.create_connection((m[1], int(m[2])), 2) as c:
                        c.sendall(req)
                        if re.match(rb"HTTP/1\.\d 200\b", c.recv(64)):
                            ready = time.monotonic_ns()
                            break
                except OSError:
                    pass
                time.sleep(0.001)
        s = sink.complete(20)
        time.sleep(0.3)
        cpu, mem = cpu_ns(proc.pid), rss(proc.pid)
    finally:
        stop(proc)
        sink.final()
    if s is None:
        return {"error": "nothing was pushed"}
    out = {"push_ms": (s["first_push_ns"] - t0) / 1e6, "cpu_ms": cpu / 1e6, "rss_mib": mem["rss"], "anon_mib": mem["anon"]}
    if ready:
        out["ready_ms"] = (ready - t0) / 1e6
    return out


def roofline(a, program, codec, corpus_kind):
    manifest, pattern = corpus(a, SCENARIOS["S1" if corpus_kind == "short" else "S1n"][2], a.roofline_scale)
    warm(pattern)
    sink = Sink(a, manifest["entries"])
    try:
        out = subprocess.run([program, "--file", glob.glob(pattern)[0], "--port", str(sink.port), "--codec", codec],
                             capture_output=True, text=True)
    finally:
        s = sink.final()
    if out.returncode:
        return {"error": out.stderr.strip()}
    r = json.loads(out.stdout)
    r["wrong"] = [] if (s["distinct"], s["line_crc"]) == (manifest["entries"], manifest["line_crc"]) else ["content differs"]
    r["mib"] = r["bytes"] / MIB
    r["wire_mib"] = r["sent_bytes"] / MIB
    r["sink_cpu_s"] = s["cpu_ns"] / 1e9
    r["hwm_mib"] = r["max_rss_kib"] / 1024
    r["mb_per_cpu_s"] = r["gb_per_cpu_s"] * 1000
    return r


def with_floor(a, fn, *args):
    before = floor(a)
    r = fn(*args)
    if "error" not in r:
        after = floor(a)
        r["floor"] = (before + after) / 2
        r["floor_from_to"] = [before, after]
        if "cpu_s_per_gib" in r:
            r["floors"] = r["cpu_s_per_gib"] / r["floor"]
    return r


def run_one(a, agent, name):
    what, _, spec, kind = SCENARIOS[name]
    if what == "drain":
        return drain(a, agent, spec, kind)
    if what == "idle":
        return idle(a, agent, spec, kind)
    if what == "latency":  # 19 a second, so as not to be in step with flush timers
        return live(a, agent, kind, 19, a.latency_seconds, "fast" if name == "S7b" else "default")
    if what == "steady":
        return live(a, agent, kind, 10000, a.steady_seconds, "default")
    return start_up(a, agent, kind)


# ---- the report -----------------------------------------------------------------------------------

COLUMNS = {  # scenario kind: (key, heading, decimals, show min-max)
    "drain": [("mib", "MiB", 0, False), ("cpu_s_per_gib", "CPU s/GiB", 2, True), ("floors", "floors", 2, True), ("mb_per_cpu_s", "MB per CPU s", 0, False), ("klines_per_cpu_s", "k lines per CPU s", 0, False),
              ("user_s", "user s", 2, False), ("sys_s", "sys s", 2, False), ("wall_s", "wall s", 2, True), ("hwm_mib", "peak RSS MiB", 1, True),
              ("threads", "threads", 0, False), ("wire_mib", "wire MiB", 1, False), ("requests", "pushes", 0, False),
              ("first_push_ms", "first push ms", 0, False), ("sink_cpu_s", "sink CPU s", 2, False), ("others_cpu", "other load", 2, False), ("floor", "floor", 2, True)],
    "idle": [("cpu_percent", "CPU %", 3, True), ("wakeups_per_s", "wake-ups/s", 1, False), ("rss_mib", "RSS MiB", 1, True),
             ("anon_mib", "anon MiB", 1, False), ("threads", "threads", 0, False), ("fds", "fds", 0, False)],
    "latency": [("p50_ms", "p50 ms", 1, True), ("p90_ms", "p90 ms", 1, False), ("p99_ms", "p99 ms", 1, True), ("max_ms", "max ms", 1, False),
                ("cpu_percent", "CPU %", 2, False), ("requests", "pushes", 0, False)],
    "steady": [("cpu_percent", "CPU %", 2, True), ("rss_mib", "RSS MiB", 1, True), ("hwm_mib", "peak RSS MiB", 1, False),
               ("p50_ms", "p50 ms", 0, False), ("p99_ms", "p99 ms", 0, False), ("requests", "pushes", 0, False)],
    "start": [("ready_ms", "exec to ready ms", 1, True), ("push_ms", "exec to first push ms", 1, True), ("cpu_ms", "CPU ms", 1, True),
              ("rss_mib", "RSS MiB", 1, True), ("anon_mib", "anon MiB", 1, False)],
    "roofline": [("mib", "MiB", 0, False), ("cpu_s_per_gib", "CPU s/GiB", 3, True), ("floors", "floors", 3, True), ("mb_per_cpu_s", "MB per CPU s", 0, False), ("read", "read", 3, False),
                 ("split", "split", 3, False), ("encode", "encode", 3, False), ("compress", "compress", 3, False), ("send", "send", 3, False),
                 ("wire_mib", "wire MiB", 1, False), ("hwm_mib", "peak RSS MiB", 1, False), ("sink_cpu_s", "sink CPU s", 2, False), ("floor", "floor", 2, True)],
}
# What the ratio column compares, and whether less is better.
RATIO = {"drain": ("cpu_s_per_gib", "CPU"), "idle": ("cpu_percent", "CPU"), "latency": ("p50_ms", "p50"), "steady": ("cpu_percent", "CPU"),
         "start": ("push_ms", "first push"), "roofline": None}


def values(runs, key):
    return [r[key] for r in runs if key in r]


def paced(runs, key):
    """The values in units of the floor of the moment (times are not: they hang on timers)."""
    return [r[key] / r["floor"] if "floor" in r and not key.endswith("_ms") else r[key] for r in runs if key in r]


def report(results, a):
    out = []
    for name in [s for s in SCENARIOS if s in results["scenarios"]]:
        what, title, _, _ = SCENARIOS[name]
        rows = results["scenarios"][name]
        out.append(f"\n### {name}: {title}\n")
        cols = COLUMNS[what]
        ratio = RATIO[what]
        base = None
        if ratio and a.baseline in rows and values(rows[a.baseline], ratio[0]):
            base = statistics.median(paced(rows[a.baseline], ratio[0]))
        head = ["agent" if what != "roofline" else "program"] + [c[1] for c in cols]
        if base:
            head.append(f"{ratio[1]} / {a.baseline}")
        head.append("n, notes")
        out.append("| " + " | ".join(head) + " |")
        out.append("|" + " --- |" * len(head))
        for who, runs in rows.items():
            good = [r for r in runs if "error" not in r]
            line = [who]
            for key, _, dec, span in cols:
                v = values(good, key)
                if not v:
                    line.append("-")
                    continue
                cell = f"{statistics.median(v):.{dec}f}"
                if span and len(v) > 1:
                    cell += f" ({min(v):.{dec}f}-{max(v):.{dec}f})"
                line.append(cell)
            if base:
                v = values(good, ratio[0])
                line.append(f"{statistics.median(paced(good, ratio[0])) / base:.3f}" if v else "-")
            notes = [f"n={len(good)}"]
            for r in good:
                notes += [w for w in r.get("wrong", [])]
            notes += [r["error"] for r in runs if "error" in r]
            if good and "encoding" in good[0]:
                notes.insert(1, good[0]["encoding"])
            line.append("; ".join(dict.fromkeys(notes)))
            out.append("| " + " | ".join(line) + " |")
    return "\n".join(out) + "\n"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--scenarios", default=",".join(SCENARIOS), help="comma separated (default: all)")
    p.add_argument("--agents", help="comma separated names from the table (default: all)")
    p.add_argument("--table", default=os.path.join(HERE, "agents.toml"))
    p.add_argument("--bin", action="append", default=[], metavar="NAME=PATH", help="the binary of an agent")
    p.add_argument("--build", default=os.path.join(HERE, "../../build/ship"),
                   help="where sink, gen and roofline are")
    p.add_argument("--work", default=os.path.join(HERE, "../../build/ship-work"),
                   help="scratch folder (a few GiB)")
    p.add_argument("--scale", type=float, default=1.0, help="of the corpora of S1 to S5")
    p.add_argument("--roofline-scale", type=float, default=1.0, help="of the roofline's corpora")
    p.add_argument("--reps", type=int, default=3)
    p.add_argument("--live-reps", type=int, default=3, help="of S6, S7 and S8")
    p.add_argument("--start-reps", type=int, default=10)
    p.add_argument("--idle-seconds", type=float, default=30)
    p.add_argument("--latency-seconds", type=float, default=20)
    p.add_argument("--steady-seconds", type=float, default=30)
    p.add_argument("--timeout", type=float, default=300, help="seconds a run may take")
    p.add_argument("--baseline", default="promtail", help="the agent the ratios are to")
    p.add_argument("--out", help="JSON results")
    p.add_argument("--add", action="store_true", help="keep what --out already holds of other agents and scenarios")
    p.add_argument("--md", help="the tables")
    a = p.parse_args()
    a.build, a.work = os.path.abspath(a.build), os.path.abspath(a.work)
    os.makedirs(a.work, exist_ok=True)
    for tool in ("sink", "gen", "roofline"):
        if not os.access(os.path.join(a.build, tool), os.X_OK):
            sys.exit(f"{tool} is not in {a.build}: build it first (see README.md)")

    override = dict(b.split("=", 1) for b in a.bin)
    agents = []
    for decl in tomllib.load(open(a.table, "rb"))["agent"]:
        if a.agents and decl["name"] not in a.agents.split(","):
            continue
        g = Agent(decl, a, override.get(decl["name"]))
        if g.path:
            agents.append(g)
        else:
            print(f"skipped {g.name}: no {override.get(g.name) or g.bin}", flush=True)
    names = a.scenarios.split(",")
    for n in names:
        if n not in SCENARIOS:
            sys.exit(f"no scenario {n}; there are {', '.join(SCENARIOS)}")

    results = {"scenarios": {}, "agents": {}}
    if a.add and a.out and os.path.exists(a.out):
        results = json.load(open(a.out))
    results["agents"].update({g.name: g.describe() for g in agents})
    results["machine"] = {"cpus": os.cpu_count(), "cpu": next((x.split(":")[1].strip() for x in open("/proc/cpuinfo") if x.startswith("model name")), ""),
                          "kernel": os.uname().release}
    results["scale"] = a.scale

    def keep(name, who, r, first):
        rows = results["scenarios"].setdefault(name, {})
        if first or who not in rows:
            rows[who] = []
        rows[who].append(r)
        short = {k: (round(v, 3) if isinstance(v, float) else v) for k, v in r.items()
                 if k in ("error", "cpu_s", "cpu_s_per_gib", "floor", "floors", "wall_s", "hwm_mib", "rss_mib", "cpu_percent", "p50_ms", "p99_ms", "ready_ms", "push_ms", "wrong")}
        print(f"{name:4} {who:20} {short}", flush=True)
        if a.out:
            with open(a.out, "w") as f:
                json.dump(results, f, indent=1)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that what was started is stopped
    began = time.monotonic()
    for name in names:
        what, _, _, kind = SCENARIOS[name]
        if what == "roofline":
            for rep in range(a.reps):
                for program in sorted(glob.glob(os.path.join(a.build, "roofline*"))):
                    if not os.access(program, os.X_OK) or os.path.isdir(program):
                        continue
                    for c in ("short", "nginx"):
                        for codec in ("snappy", "fast", "stored"):
                            if codec != "snappy" and os.path.basename(program) != "roofline":
                                continue
                            keep(name, f"{os.path.basename(program)} {codec}, {c}", with_floor(a, roofline, a, program, codec, c), rep == 0)
            continue
        who = [g for g in agents if kind in g.configs and (not g.only or name in g.only)]
        for rep in range({"drain": a.reps, "start": a.start_reps}.get(what, a.live_reps)):
            for g in who:
                try:
                    r = with_floor(a, run_one, a, g, name)
                except Exception as e:  # one broken agent must not end the run
                    r = {"error": f"{type(e).__name__}: {e}"}
                keep(name, g.name, r, rep == 0)
    text = report(results, a)
    print(text)
    print(f"took {time.monotonic() - began:.0f} s")
    if a.md:
        with open(a.md, "w") as f:
            f.write(text)


if __name__ == "__main__":
    main()
