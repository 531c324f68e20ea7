#!/usr/bin/env python3
"""The image, built and run by a real engine: what is in it, who runs it, its health, and whether it delivers the
app's log and the log of another container.

    image_test.py BINARY       a static one: build/release/tailrace

Pulls nothing. The container that logs is Debian's static busybox in an image of its own. What is delivered is
caught on the address of the engine's bridge.
"""

import contextlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request

import names_test
import stack
from push_receiver import PushReceiver

TAG = f"tailrace-test:{os.getpid()}"
BUSYBOX_TAG = f"tailrace-test-busybox:{os.getpid()}"
NAME = f"tailrace-test-{os.getpid()}"
UID = 10001


def run(command):
    return subprocess.run(command, capture_output=True, text=True)


def docker(*arguments, check=True, text=True):
    environment = dict(os.environ)
    if run(["docker", "buildx", "version"]).returncode != 0:
        environment["DOCKER_BUILDKIT"] = "0"
    result = subprocess.run(["docker", *arguments], capture_output=True, text=text, env=environment)
    if check and result.returncode != 0:
        raise RuntimeError(f"docker {' '.join(arguments)}: {result.stderr}")
    return result.stdout.strip() if check else result


def wait_for(what, check, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = check()
        if result:
            return result
        time.sleep(0.1)
    raise TimeoutError(f"waited {seconds} s for {what}")


@contextlib.contextmanager
def container(name, *arguments):
    docker("run", "--detach", "--name", name, *arguments)
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def build_busybox(path):
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(path, f"{directory}/busybox")
        recipe = 'FROM scratch\nCOPY busybox /busybox\nENTRYPOINT ["/busybox"]\n'
        (pathlib.Path(directory) / "Dockerfile").write_text(recipe)
        docker("build", "--quiet", "--tag", BUSYBOX_TAG, directory)


def check_content():
    """The image's files, by way of a container that never starts."""
    docker("create", "--name", NAME, TAG)
    try:
        archive = docker("export", NAME, text=False, check=False).stdout
    finally:
        docker("rm", "--volumes", NAME, check=False)
    files = {member.name.rstrip("/"): member for member in tarfile.open(fileobj=io.BytesIO(archive))}
    for path in ("usr/bin/tailrace", "etc/tailrace/tailrace.yml", "etc/ssl/certs/ca-certificates.crt",
                 "etc/nsswitch.conf"):
        if path not in files:
            yield f"the image has no /{path}"
    for path in ("bin/sh", "bin/bash", "usr/bin/sh", "lib64", "usr/lib"):
        if path in files:
            yield f"the image has /{path}; it should hold nothing but the binary and its files"
    for path in ("var/lib/tailrace", "var/log/tailrace"):
        member = files[path]
        if (member.uid, member.gid, member.mode & 0o7777) != (UID, UID, 0o770):
            yield f"/{path} belongs to {member.uid}:{member.gid}, mode {member.mode:o}"
    writable = [name for name, member in files.items() if member.uid == UID and not name.startswith("var/")]
    if writable:
        yield f"the image's user owns {writable}"
    config = json.loads(docker("inspect", TAG))[0]["Config"]
    if config["User"] != f"{UID}:{UID}":
        yield f"the image runs as {config['User']!r}"
    if config["Healthcheck"]["Test"][:3] != ["CMD", "/usr/bin/tailrace", "healthcheck"]:
        yield f"health check: {config['Healthcheck']}"


def address(name):
    return json.loads(docker("inspect", name))[0]["NetworkSettings"]["IPAddress"]


def bridge_address():
    """The engine's own address on its bridge, as a container sees it: a fresh engine does not tell it otherwise."""
    with container(f"{NAME}-gateway", BUSYBOX_TAG, "sleep", "60") as name:
        return json.loads(docker("inspect", name))[0]["NetworkSettings"]["Gateway"]


def health(name):
    state = json.loads(docker("inspect", name))[0]["State"]
    if not state["Running"]:
        raise RuntimeError(f"{name} ended: {docker('logs', name, check=False)}")
    return state["Health"]["Status"]


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status


def check_run(receiver, what, marker, *arguments):
    """Runs the image's default configuration; the app's log, and with `marker` a container's, must arrive."""
    start = len(receiver.entries)
    common = ["--read-only", "--health-interval=1s", "--env", f"LOKI_URL={receiver.url}"]
    with container(NAME, *common, *arguments, TAG):
        try:
            wait_for("healthy", lambda: health(NAME) == "healthy")
            host = address(NAME)
            for _ in range(20):
                with contextlib.suppress(urllib.error.HTTPError):  # the app fails now and then, on purpose
                    get(f"http://{host}:5000/")
            if get(f"http://{host}:5000/healthz") != 200:
                yield f"{what}: the app is not healthy"

            def arrived(job):
                return [entry for entry in receiver.entries[start:] if entry[0].get("job") == job]

            wait_for("the app's log", lambda: arrived("app"))
            labels = arrived("app")[0][0]
            if labels.get("service") != "tailrace":
                yield f"{what}: the app's log has the labels {labels}"
            if marker:
                found = wait_for(marker, lambda: [e for e in arrived("containers") if e[1] == marker])
                labels = found[0][0]
                if labels.get("container") != f"{NAME}-writer" or labels.get("stream") != "stdout":
                    yield f"{what}: the container's line has the labels {labels}"
            nobody = "http://127.0.0.1:1/ready"
            sick = docker("exec", NAME, "/usr/bin/tailrace", "healthcheck", nobody, check=False)
            if sick.returncode != 1:
                yield f"{what}: a health check of nobody ended with {sick.returncode}"
            for error in names_test.check_live(f"http://{host}:9080/metrics", names_test.known_metrics()):
                yield f"{what}: {error}"
            docker("stop", "--time", "30", NAME)
            code = json.loads(docker("inspect", NAME))[0]["State"]["ExitCode"]
            if code != 0:
                yield f"{what}: stopped with {code}"
        except (TimeoutError, RuntimeError, OSError) as error:
            logs = docker("logs", NAME, check=False)
            yield f"{what}: {error!r}\n{logs.stdout[-2000:]}{logs.stderr[-2000:]}"


def check_all(busybox):
    yield from check_content()
    build_busybox(busybox)
    gateway = bridge_address()
    try:
        receiver = PushReceiver(gateway)
    except OSError as error:
        stack.skip(f"the engine's bridge {gateway} is not on this machine: {error}")
    marker = f"a line of {NAME}"
    containers = docker("info", "--format", "{{.DockerRootDir}}") + "/containers"
    compose = stack.read_yaml("docker-compose.yml")["services"]["tailrace"]
    as_in_compose = ["--user", compose["user"].removeprefix("${TAILRACE_USER:-").removesuffix("}"),
                     *(f"--cap-drop={capability}" for capability in compose["cap_drop"]),
                     *(f"--security-opt={option}" for option in compose["security_opt"]),
                     "--volume", f"{containers}:/var/lib/docker/containers:ro"]
    log_options = ["--log-driver=json-file", "--log-opt=tag={{.Name}}"]
    with receiver:
        yield from check_run(receiver, "as the image's user", None)
        writer = ["sh", "-c", f"echo '{marker}'; exec /busybox sleep 600"]
        with container(f"{NAME}-writer", *log_options, BUSYBOX_TAG, *writer):
            yield from check_run(receiver, "as in compose", marker, *as_in_compose)


def main():
    if len(sys.argv) < 2:
        stack.skip("no static binary: configure with the preset release, or name one as argument")
    if not shutil.which("docker") or docker("version", check=False).returncode != 0:
        stack.skip("no Docker engine answers")
    busybox = shutil.which("busybox")
    if not busybox or "statically linked" not in run(["file", "-L", busybox]).stdout:
        stack.skip("no static busybox (Debian: busybox-static; scripts/setup --e2e)")
    built = run([str(stack.DOCKER / "build-prebuilt"), os.path.abspath(sys.argv[1]), TAG])
    if built.returncode != 0:
        stack.finish([f"docker/build-prebuilt: {built.stdout}{built.stderr}"])
    try:
        errors = list(check_all(busybox))
    finally:
        docker("rmi", "--force", TAG, BUSYBOX_TAG, check=False)
    stack.finish(errors)


if __name__ == "__main__":
    main()
