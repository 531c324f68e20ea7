#!/usr/bin/env python3
"""Runs the same work through a real Promtail and through tailrace and compares what both deliver and count.

    differential.py --agent build/release/tailrace [--reference promtail] [TABLE...]

A table (differential/*.yaml) is a list of cases. All cases of a table are jobs of one configuration, so that hundreds
of them cost one start of each agent. A case:

    name:     optional, for the reader
    stages:   text of pipeline_stages (a YAML list)
    lines:    list of strings, {hex: ...} or {repeat: N, text: ...}; or `text:` with the whole file
    labels:   labels of the target
    job:      text with further keys of the scrape config (relabel_configs, encoding...)
    show:     names of extracted values to add to the structured metadata, as x_<name>

or, for a configuration that is tried alone, accepted or refused by both:

    config:   text of a whole configuration (${URL}, ${PORT}, ${DIR} are replaced); `args:` further arguments
    stages:   with `alone: true`: a pipeline in an otherwise fine configuration

A case with `differs: <reason>` is run and must differ; the reason is one of docs/differences.md.
Without a reference on PATH the run is skipped and says so.
"""
import argparse
import collections
import difflib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import runner  # noqa: E402

FAMILIES_APART = ("promtail_request_duration", "promtail_encoded_bytes", "promtail_sent_bytes", "promtail_build_info",
                  "promtail_config_reload", "promtail_batch_retries", "promtail_stream_lag")
QUIET_SECONDS = 1.2
BATCH_JOBS_MAX = 100


def file_bytes(case):
    """The content of a case's log file."""
    if "text" in case:
        return case["text"].encode("utf-8", "surrogateescape")
    out = b""
    for line in case.get("lines", ["a line"]):
        if isinstance(line, dict):
            data = bytes.fromhex(line["hex"]) if "hex" in line else line["text"].encode()
            data *= int(line.get("repeat", 1))
        else:
            data = str(line).encode("utf-8", "surrogateescape")
        out += data + b"\n"
    return out


def job_text(number, case, directory):
    """One scrape config."""
    labels = {"case": str(number), "__path__": os.path.join(directory, "logs", f"{number}.log")}
    labels.update(case.get("labels") or {})
    stages = case.get("stages", "[]")
    if case.get("show"):
        stages = stages.rstrip("\n") + "\n- structured_metadata:\n" + "".join(
            f"    x_{name}: {name!r}\n" for name in case["show"])
    text = f"- job_name: case{number}\n"
    text += "  static_configs:\n  - targets: [localhost]\n    labels:\n"
    for name, value in labels.items():
        text += f"      {name}: {value if isinstance(value, Raw) else repr_yaml(value)}\n"
    if stages.strip() != "[]":
        text += "  pipeline_stages:\n" + textwrap.indent(textwrap.dedent(stages), "  ")
    if case.get("job"):
        text += textwrap.indent(textwrap.dedent(case["job"]), "  ")
    return text if text.endswith("\n") else text + "\n"


class Raw(str):
    """YAML to be written as it is."""


def repr_yaml(value):
    return yaml.dump(str(value), default_style='"', allow_unicode=True, width=10**6).strip()


HEAD = """server:
  http_listen_address: 127.0.0.1
  http_listen_port: {port}
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: 0
  log_level: error
positions:
  filename: {directory}/positions.yaml
  sync_period: 500ms
clients:
- url: {url}
  batchwait: 100ms
scrape_configs:
"""


class Run:
    """One life of one agent over one configuration."""

    def __init__(self, binary, workdir, config, files, args=()):
        self.directory = tempfile.mkdtemp(prefix="diff-", dir=workdir)
        self.receiver = runner.Receiver("default")
        self.port = runner.PORTS.take()
        os.makedirs(os.path.join(self.directory, "logs"))
        for name, data in files.items():
            path = os.path.join(self.directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        self.config_path = os.path.join(self.directory, "config.yaml")
        with open(self.config_path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(self.fill(config))
        env = dict(os.environ, TZ="UTC", HOME=self.directory, HOSTNAME=runner.HOSTNAME, EMPTY="", NAME="value")
        self.out = open(os.path.join(self.directory, "out"), "wb")
        self.process = subprocess.Popen([binary, "-config.file=" + self.config_path, *map(self.fill, args)], env=env,
                                        stdout=self.out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                        cwd=self.directory, start_new_session=True)

    def fill(self, text):
        return (text.replace("${DIR}", self.directory).replace("${URL}", self.receiver.url)
                .replace("${HOST}", self.receiver.host).replace("${PORT}", str(self.port)))

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "surrogateescape")
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def started(self, seconds=20):
        """True when the server answers, False when the process ends before that."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            if self.get("/metrics")[0]:
                return True
            time.sleep(0.03)
        return None

    def wait_quiet(self, seconds=60):
        deadline = time.monotonic() + seconds
        start = time.monotonic()
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.receiver.quiet_for() > QUIET_SECONDS and time.monotonic() - start > QUIET_SECONDS:
                return
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.receiver.down()
        self.out.close()

    def output(self):
        with open(os.path.join(self.directory, "out"), encoding="utf-8", errors="surrogateescape") as file:
            return file.read().replace(self.directory, "${DIR}")

    def entries(self):
        """case number -> {labels, tenant: [(timestamp, line, metadata)]}; None for entries that name no case."""
        cases = collections.defaultdict(lambda: collections.defaultdict(list))
        now = time.time_ns()
        for attempt in self.receiver.accepted():
            tenant = attempt.headers.get("x-scope-orgid", "")
            for labels_text, entries in attempt.streams:
                labels = runner.parse_labels(labels_text)
                number = labels.get("case")
                if labels.get("filename"):
                    number = os.path.basename(labels["filename"]).split(".")[0]
                    labels["filename"] = labels["filename"].replace(self.directory, "${DIR}")
                key = (tuple(sorted(labels.items())), tenant)
                for timestamp, line, metadata in entries:
                    near = abs(now - timestamp) < 3600 * 10**9
                    cases[number][key].append(("now" if near else timestamp,
                                               line.replace(self.directory, "${DIR}"), tuple(sorted(metadata.items()))))
        return {number: dict(streams) for number, streams in cases.items()}

    def families(self):
        """(types, samples) of the families that both have to count alike."""
        types, samples = runner.parse_exposition(self.get("/metrics")[1])
        def wanted(name):
            return name.startswith(("promtail_", "logentry_", "my_")) and not name.startswith(FAMILIES_APART)
        out = {}
        for (name, labels), value in samples.items():
            if wanted(name):
                labels = tuple((key, text.replace(self.directory, "${DIR}").replace(self.receiver.host, "${HOST}"))
                               for key, text in labels)
                out[(name, labels)] = str(value)   # so that NaN equals NaN
        return {name: kind for name, kind in types.items() if wanted(name)}, out


def show_streams(streams):
    out = []
    for (labels, tenant), entries in sorted(streams.items()):
        text = "{" + ", ".join(f"{k}={v!r}" for k, v in labels if k not in ("filename", "case")) + "}"
        out.append(text + (f" tenant={tenant}" if tenant else ""))
        for timestamp, line, metadata in entries[:40]:
            short = line if len(line) < 300 else f"{line[:120]}...{len(line)}"
            out.append(f"    {timestamp} {short!r} {dict(metadata) if metadata else ''}")
    return out


def compare_batch(options, table, numbered):
    """Runs one configuration with all jobs in both agents. Returns the numbers of differing cases."""
    config = HEAD.replace("{port}", "${PORT}").replace("{directory}", "${DIR}").replace("{url}", "${URL}")
    config += "".join(job_text(number, case, "${DIR}") for number, case in numbered)
    files = {f"logs/{number}.log": file_bytes(case) for number, case in numbered}
    runs = [Run(binary, options.workdir, config, files) for binary in (options.reference, options.agent)]
    up = [run.started() for run in runs]
    if not all(up):
        for run in runs:
            run.stop()
        if len(numbered) > 1:   # some case is refused by one of them: find it
            middle = len(numbered) // 2
            return compare_batch(options, table, numbered[:middle]) | compare_batch(options, table, numbered[middle:])
        number, case = numbered[0]
        if up[0] == up[1]:
            if options.verbose: print(f"== {table} {number} {case.get('name', '')}: both refuse\n  P: {last(runs[0])}\n  T: {last(runs[1])}")
            return set()
        print(f"== {table} {number} {case.get('name', '')}: started: reference {up[0]}, agent {up[1]}")
        print(textwrap.indent(case.get("stages", "") + case.get("job", ""), "  | "))
        print(f"  P: {last(runs[0])}\n  T: {last(runs[1])}")
        return {number}
    for run in runs:
        run.wait_quiet()
    died = runs[0].process.poll() is not None
    families = [run.families() for run in runs]
    for run in runs:
        run.stop()
    # The reference panics at a line, or loses a batch with a year before 1 or after 9999.
    if died or "error encoding batch" in runs[0].output():
        middle = len(numbered) // 2
        if middle:
            return compare_batch(options, table, numbered[:middle]) | compare_batch(options, table, numbered[middle:])
        print(f"== {table} {numbered[0][0]}: the reference {'dies' if died else 'cannot encode some timestamp'}")
        return set()
    want, got = (run.entries() for run in runs)
    differing = set()
    for number, case in numbered:
        left, right = want.get(str(number), {}), got.get(str(number), {})
        if left == right:
            continue
        same_sets = {k: sorted(v, key=repr) for k, v in left.items()} == {k: sorted(v, key=repr) for k, v in right.items()}
        if same_sets and (case.get("order") == "ignore" or "match:" in case.get("stages", "")):
            continue
        differing.add(number)
        if case.get("differs"):
            continue
        print(f"== {table} {number} {case.get('name', '')}{' (order only)' if same_sets else ''}")
        print(textwrap.indent(case.get("stages", "") + case.get("job", ""), "  | "))
        only_left = {k: v for k, v in left.items() if right.get(k) != v}
        only_right = {k: v for k, v in right.items() if left.get(k) != v}
        print_diff(show_streams(only_left), show_streams(only_right))
    known = {str(number) for number, _ in numbered}
    left = {k: sorted(v, key=repr) for number in want if number not in known for k, v in want[number].items()}
    right = {k: sorted(v, key=repr) for number in got if number not in known for k, v in got[number].items()}
    if left != right:
        print(f"== {table}: entries without a case label")
        print_diff(show_streams(left), show_streams(right))
        differing.add(None)
    if families[0] != families[1]:
        differing |= compare_families(table, families)
    return differing


def compare_families(table, families):
    (types, samples), (our_types, our_samples) = families
    lines = []
    for name in sorted(set(types) | set(our_types)):
        if types.get(name) != our_types.get(name):
            lines.append(f"  type of {name}: reference {types.get(name)}, agent {our_types.get(name)}")
    for key in sorted(set(samples) | set(our_samples)):
        if samples.get(key) != our_samples.get(key):
            lines.append(f"  {key[0]}{dict(key[1])}: reference {samples.get(key)}, agent {our_samples.get(key)}")
    if lines:
        print(f"== {table}: metrics")
        print("\n".join(lines[:60]))
        return {"metrics"}
    return set()


def print_diff(left, right):
    for line in list(difflib.unified_diff(left, right, "P", "T", lineterm="", n=0))[2:40]:
        if not line.startswith("@@"):
            print(("  P " if line[0] == "-" else "  T ") + line[1:])


def last(run):
    lines = [line for line in run.output().splitlines() if line.strip()]
    return " / ".join(lines[-3:])[:600] if lines else "(no output)"


def compare_alone(options, table, number, case):
    """One configuration: both start or both end with an error."""
    if "config" in case:
        config = case["config"]
    else:
        config = (HEAD.replace("{port}", "${PORT}").replace("{directory}", "${DIR}").replace("{url}", "${URL}")
                  + job_text(number, case, "${DIR}"))
    files = {f"logs/{number}.log": file_bytes(case)}
    files.update({name: text.encode() for name, text in (case.get("files") or {}).items()})
    runs = [Run(binary, options.workdir, config, files, case.get("args", ()))
            for binary in (options.reference, options.agent)]
    up = [run.started(case.get("seconds", 5)) for run in runs]
    codes = [run.process.poll() for run in runs]
    outputs = None
    if case.get("run") and all(up):
        for run in runs:
            run.wait_quiet()
    for run in runs:
        run.stop()
    if case.get("run") and all(up):
        outputs = [{number: streams for number, streams in run.entries().items()} for run in runs]
    bad = up[0] != up[1] or codes[0] != codes[1] or (outputs and outputs[0] != outputs[1])
    missing = [word for word in case.get("names", []) if word.lower() not in runs[1].output().lower()]
    if options.verbose or ((bad or missing) and not case.get("differs")):
        head = case.get("name") or case.get("stages") or case["config"]
        print(f"== {table} {number} {'DIFFERS ' if bad else ''}{'MISSING ' + str(missing) if missing else ''}"
              f"started/exit: reference {up[0]}/{codes[0]}, agent {up[1]}/{codes[1]}")
        print(textwrap.indent(head.strip(), "  | ") + "".join(f" {a}" for a in case.get("args", ())))
        print(f"  P: {last(runs[0])}\n  T: {last(runs[1])}")
        if outputs and outputs[0] != outputs[1]:
            for left, right in zip(*[[show_streams(s) for _, s in sorted(o.items(), key=repr)] for o in outputs]):
                print_diff(left, right)
    return {number} if bad or missing else set()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--reference", default="promtail")
    parser.add_argument("--workdir")
    parser.add_argument("--only", type=int, action="append", help="number of a case")
    parser.add_argument("--verbose", action="store_true", help="show both outputs of configurations tried alone")
    parser.add_argument("tables", nargs="*")
    options = parser.parse_args()
    options.reference = shutil.which(options.reference)
    if not options.reference:
        print("skipped: no promtail on PATH")
        return 0
    options.agent = os.path.abspath(shutil.which(options.agent) or options.agent)
    tables = options.tables or sorted(os.path.join(HERE, "differential", name)
                                      for name in os.listdir(os.path.join(HERE, "differential")))
    failed = total = 0
    with tempfile.TemporaryDirectory(prefix="tailrace-differential-", dir=options.workdir) as workdir:
        options.workdir = workdir
        for path in tables:
            table = os.path.basename(path)
            with open(path, encoding="utf-8") as file:
                cases = list(enumerate(yaml.safe_load(file), 1))
            if options.only:
                cases = [pair for pair in cases if pair[0] in options.only]
            differing = set()
            together = [pair for pair in cases if "config" not in pair[1] and not pair[1].get("alone")]
            for start in range(0, len(together), BATCH_JOBS_MAX):
                differing |= compare_batch(options, table, together[start:start + BATCH_JOBS_MAX])
            for number, case in cases:
                if "config" in case or case.get("alone"):
                    differing |= compare_alone(options, table, number, case)
            expected = {number for number, case in cases if case.get("differs")}
            for number in sorted(expected - differing):
                print(f"== {table} {number}: no longer differs")
            failed += len(differing ^ expected)
            total += len(cases)
            print(f"{table}: {len(cases)} cases, {len(differing)} differ, {len(expected)} of them on purpose", flush=True)
    print(f"{total} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
