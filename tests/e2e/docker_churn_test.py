#!/usr/bin/env python3
"""Containers of a real engine that start, stop, start again, are renamed, recreated and removed while they log, through
docker_sd_configs: every line arrives exactly once, whatever the driver's rotation, a terminal or a restart of ours.

    docker_churn_test.py path/to/tailrace

TAILRACE_DOCKER_RESTART: a shell command that restarts the engine (one that keeps containers: live-restore); it is run
in the middle. Without it that part is left out, since the engine may be somebody's.
"""

import collections
import os
import subprocess
import time

import real_input_test
import rig

RUN = f"churn-{os.getpid()}"
IMAGE = f"tailrace-e2e-{os.getpid()}"
LINES = 3000       # of a life of a container
PAUSE_EVERY = 20   # lines, then 10 ms: it outlives what is done to it
# A life has the machine's uptime in its lines, so that the lines of two lives differ.
SCRIPT = ('read up rest </proc/uptime; i=0; while [ $i -lt %d ]; do echo "$up $i 0123456789012345678901234567890"; '
          'i=$((i+1)); [ $((i %% %d)) -eq 0 ] && /busybox usleep 10000; done; exec /busybox sleep 1000')


def docker(*arguments):
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120)
    rig.expect(result.returncode == 0, f"docker {' '.join(arguments)}: {result.stderr}")
    return result.stdout.strip()


class Container:
    """One name; `whole` lives are those that came to their last line."""

    def __init__(self, name, *options, lines=LINES):
        self.name = f"{RUN}-{name}"
        self.lines = lines
        self.options = options
        self.start()

    def start(self):
        docker("run", "--detach", "--name", self.name, "--label", f"tailrace.test={RUN}", "--log-driver", "json-file",
               *self.options, IMAGE, "/busybox", "sh", "-c", SCRIPT % (self.lines, PAUSE_EVERY))

    def remove(self):
        docker("rm", "--force", self.name)


def config(receiver):
    rules = [{"source_labels": ["__meta_docker_container_name"], "regex": f"/{RUN}-(.*)", "target_label": "container"},
             {"source_labels": ["__meta_docker_container_log_stream"], "target_label": "stream"}]
    return {
        "clients": [rig.client(receiver)],
        "scrape_configs": [{
            "job_name": "docker",
            "docker_sd_configs": [{"host": "unix:///var/run/docker.sock", "refresh_interval": "1s",
                                   "filters": [{"name": "label", "values": [f"tailrace.test={RUN}"]}]}],
            "relabel_configs": rules,
        }],
    }


def lives(receiver, name):
    """life -> numbers of its lines, in order of arrival."""
    out = collections.defaultdict(list)
    for line in receiver.lines(container=name):
        life, number, rest = line.split(" ")
        rig.expect(rest == "0123456789012345678901234567890", f"a changed line of {name}: {line!r}")
        out[life].append(int(number))
    return out


def expect_lives(receiver, name, whole, cut=0):
    """`whole` complete lives and `cut` whose end nobody knows; none with a gap or a repeated line."""
    found = lives(receiver, name)
    complete = [life for life, numbers in found.items() if len(set(numbers)) == LINES]
    for life, numbers in found.items():
        rig.expect(numbers == list(range(len(numbers))),
                   f"{name}: {len(numbers)} lines of one life, {len(set(numbers))} of them different, "
                   f"from {min(numbers)} to {max(numbers)}, or out of order")
    rig.expect(len(complete) >= whole and len(found) <= whole + cut,
               f"{name}: {len(complete)} whole lives of {len(found)}, expected {whole} of at most {whole + cut}")


def all_came(receiver, name, whole):
    rig.wait_for(lambda: f"{whole} whole lives of {name}: " +
                 str({life: len(numbers) for life, numbers in lives(receiver, name).items()}),
                 lambda: sum(len(n) >= LINES for n in lives(receiver, name).values()) >= whole, seconds=90)


def churn(binary, directory, containers):
    receiver = rig.Receiver()
    for name, options in {"plain": (), "tty": ("-t",), "rotated": ("--log-opt", "max-size=100k", "--log-opt", "max-file=10"),
                          "renamed": (), "killed": (), "recreated": (), "removed": ()}.items():
        containers[name] = Container(name, *options)
    agent = rig.Tailrace(binary, directory, config(receiver), sync_period="1s").wait_until_up()
    time.sleep(0.3)
    docker("rename", containers["renamed"].name, f"{RUN}-new")
    docker("kill", containers["killed"].name)       # a life that is cut off
    docker("start", containers["killed"].name)      # and a whole one
    containers["recreated"].remove()
    containers["recreated"].start()
    containers["removed"].remove()
    agent.terminate()
    agent = rig.Tailrace(binary, directory, config(receiver), sync_period="1s").wait_until_up()
    if restart := os.environ.get("TAILRACE_DOCKER_RESTART"):
        subprocess.run(restart, shell=True, check=True, timeout=120, stdout=subprocess.DEVNULL)
    containers["late"] = Container("late")
    for name in ("plain", "tty", "rotated", "killed", "recreated", "late"):
        all_came(receiver, name, 1)
    docker("restart", "--time", "0", containers["plain"].name)
    all_came(receiver, "plain", 2)
    time.sleep(1.5)  # what comes twice comes now
    expect_lives(receiver, "plain", 2)
    for name in ("tty", "rotated", "late"):
        expect_lives(receiver, name, 1)
    for name in ("killed", "recreated"):
        expect_lives(receiver, name, 1, cut=1)
    expect_lives(receiver, "removed", 0, cut=1)
    # The old name until the engine said so, the new one then.
    renamed = [n for name in ("renamed", "new") for numbers in lives(receiver, name).values() for n in numbers]
    rig.expect(sorted(renamed) == list(range(LINES)), f"renamed: {len(renamed)} lines, {len(set(renamed))} different")
    status, _ = agent.terminate()
    rig.expect(status == 0, f"exit status {status}")
    print(f"{len(receiver.arrived)} lines of {len(containers)} containers, each once"
          + (", through a restart of the engine" if restart else ""))


def test(binary, directory):
    rig.need("docker")
    if real_input_test.docker("version").returncode != 0 or not os.access("/var/run/docker.sock", os.W_OK):
        raise rig.Skip("no Docker engine answers at /var/run/docker.sock")
    real_input_test.make_image(directory, IMAGE)
    containers = {}
    try:
        churn(binary, directory, containers)
    finally:
        ids = real_input_test.docker("ps", "-aq", "--filter", f"label=tailrace.test={RUN}").stdout.split()
        if ids:
            real_input_test.docker("rm", "--force", *ids)
        real_input_test.docker("rmi", IMAGE)


if __name__ == "__main__":
    rig.main(test)
