#!/usr/bin/env python3
"""Real lines through the pipelines that we ship: what labels, time and text come out?

    pipelines_test.py [AGENT]      default: $TAILRACE_BINARY, $PROMTAIL, or `promtail` on PATH

The files are Promtail's, so Promtail is as good a judge of them as tailrace. Runs with -dry-run.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import yaml

import stack

OUR_SECTIONS = ("app", "log", "store")
ENTRY = re.compile(
    r'^(?P<time>\d{4}-\d\d-\d\dT[\d:.]+[+-]\d{4})\t*(?P<labels>\{(?:[\w:]+="(?:\\.|[^"\\])*"(?:, )?)*\})\t*',
    re.MULTILINE,
)
CONTAINER = "0123456789abcdef" * 4
NOW = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


def prepared(source, job, path, directory):
    """One job of a shipped configuration, reading `path`, with nothing that listens or writes."""
    config = yaml.safe_load(source.read_text())
    for section in OUR_SECTIONS:
        config.pop(section, None)
    config["server"] = {"disable": True}
    config["positions"] = {"filename": f"{directory}/positions.yaml"}
    config["clients"] = [{"url": "http://127.0.0.1:1/loki/api/v1/push"}]
    config["scrape_configs"] = [scrape for scrape in config["scrape_configs"] if scrape["job_name"] == job]
    assert config["scrape_configs"], f"{source.name} has no job {job}"
    config["scrape_configs"][0]["static_configs"][0]["labels"]["__path__"] = path
    target = pathlib.Path(directory) / "config.yml"
    target.write_text(yaml.safe_dump(config))
    return target


def parse(text):
    """What -dry-run prints -> [(labels, line)]; lines may span lines."""
    heads = list(ENTRY.finditer(text))
    ends = [head.start() - 1 for head in heads[1:]] + [len(text) - 1]
    return [
        (dict(re.findall(r'([\w:]+)="((?:\\.|[^"\\])*)"', head["labels"])), head["time"], text[head.end() : end])
        for head, end in zip(heads, ends)
    ]


def run(agent, config, want, seconds=20):
    """Starts the agent and polls its output until `want` entries are there, or the time is over."""
    with tempfile.TemporaryFile("w+", newline="") as out:
        process = subprocess.Popen([agent, f"-config.file={config}", "-dry-run"], stdout=out, stderr=subprocess.PIPE)
        deadline = time.monotonic() + seconds
        entries = []
        while len(entries) < want and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
            out.seek(0)
            entries = parse(out.read())
        process.send_signal(signal.SIGTERM)
        stderr = process.communicate(timeout=40)[1].decode()
        out.seek(0)
        return parse(out.read()), stderr


def compare(name, agent, config, want):
    got, stderr = run(agent, config, len(want))
    if len(got) != len(want):
        yield f"{name}: {len(got)} entries, expected {len(want)}: {got}\n{stderr[-1500:]}"
        return
    for (labels, stamp, line), (want_labels, want_stamp, want_line) in zip(got, want):
        labels.pop("filename", None)
        if (labels, line) != (want_labels, want_line) or not stamp.startswith(want_stamp):
            yield f"{name}:\n  got      {stamp} {labels} {line!r}\n  expected {want_stamp} {want_labels} {want_line!r}"


def check_app_log(name, agent, source, directory):
    path = pathlib.Path(directory) / "app.log"
    base = {"job": "app", "service": "tailrace"}
    trace = "Traceback: boom\n    at handler (app.cc:12)\n    at main (main.cc:3)"
    lines = [
        ('ts=2026-01-02T03:04:05.678Z level=info msg="request" status=200', "2026-01-02T03:04:05.678", "info"),
        (f"ts=2026-01-02T03:04:06.5Z level=ERROR msg=failed\n{trace}", "2026-01-02T03:04:06.5", "error"),
        ('{"ts":"2026-01-02T03:04:07Z","level":"warn","msg":"slow"}', "2026-01-02T03:04:07", "warn"),
        ("2026-01-02T03:04:08.123456Z WARNING plain text", "2026-01-02T03:04:08.123456", "warn"),
        ("2026-01-02T03:04:09Z - no severity here", "2026-01-02T03:04:09", None),
    ]
    path.write_text("".join(text + "\n" for text, _, _ in lines))
    want = [({**base, "level": level} if level else base, stamp, text) for text, stamp, level in lines]
    yield from compare(f"{name}, app log", agent, prepared(source, "app", str(path), directory), want)


def check_container_log(name, agent, source, directory):
    def line(text, seconds="", **rest):
        return json.dumps({"log": text, "stream": "stdout", "time": f"{NOW}{seconds}Z", **rest}) + "\n"

    folder = pathlib.Path(directory) / "containers" / CONTAINER
    folder.mkdir(parents=True)
    attributes = {"tag": "tailrace-loki-1", "com.docker.compose.service": "loki"}
    (folder / f"{CONTAINER}-json.log").write_text(
        line("with attributes\n", ".25", attrs=attributes)
        + line("without\n")
        + line("", "")
        + json.dumps({"log": "from last year\n", "stream": "stderr", "time": "2025-01-02T03:04:05Z"}) + "\n"
        + line('{"nested": "json"}\r\n')
        + line("half a line")
    )
    (folder / f"{CONTAINER}-json.log.1").write_text(line("rotated away\n"))
    (folder / "config.v2.json").write_text("{}")
    short = CONTAINER[:12]
    base = {"job": "containers", "stream": "stdout"}
    anonymous = {**base, "container": short, "service": short}
    want = [
        ({**base, "container": "tailrace-loki-1", "service": "loki"}, NOW + ".25", "with attributes"),
        (anonymous, NOW, "without"),
        (anonymous, NOW, ""),
        (anonymous, NOW, '{"nested": "json"}\r'),
        (anonymous, NOW, "half a line"),
    ]
    pattern = f"{directory}/containers/*/*-json.log"
    yield from compare(f"{name}, containers", agent, prepared(source, "containers", pattern, directory), want)


def check_syntax(name, agent, source, directory):
    """The whole file is read without complaint; for Promtail without the sections that it cannot know."""
    target = pathlib.Path(directory) / source.name
    texts = [source.read_text()] if pathlib.Path(agent).name == "tailrace" else []
    config = yaml.safe_load(source.read_text())
    texts.append(yaml.safe_dump({key: value for key, value in config.items() if key not in OUR_SECTIONS}))
    for text in texts:
        target.write_text(text)
        command = [agent, f"-config.file={target}", "-check-syntax", "-config.expand-env=true"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            yield f"{name}: {result.stdout}{result.stderr}"


def main():
    agent = (sys.argv[1] if len(sys.argv) > 1 else None) or os.environ.get("TAILRACE_BINARY") or \
        os.environ.get("PROMTAIL") or shutil.which("promtail")
    if not agent:
        stack.skip("no agent: build tailrace, or name one with $TAILRACE_BINARY or $PROMTAIL")
    shipped = {"docker/tailrace.yml": stack.DOCKER / "tailrace.yml",
               "config/quickstart.yaml": stack.ROOT / "config/quickstart.yaml"}
    errors = []
    for name, source in shipped.items():
        with tempfile.TemporaryDirectory() as directory:
            errors += check_app_log(name, agent, source, directory)
    with tempfile.TemporaryDirectory() as directory:
        for name, source in {**shipped, "config/tailrace.yml": stack.ROOT / "config/tailrace.yml"}.items():
            errors += check_syntax(name, agent, source, directory)
        errors += check_container_log("docker/tailrace.yml", agent, shipped["docker/tailrace.yml"], directory)
    stack.finish(errors)


if __name__ == "__main__":
    main()
