#!/usr/bin/env python3
"""Logs that real programs write.

    real_input_test.py path/to/tailrace nginx        a real nginx under load, rotated meanwhile, through a regex pipeline
    real_input_test.py path/to/tailrace packages     the package manager's logs of this machine
    real_input_test.py path/to/tailrace container    a real container's json-file log, through the docker stage
"""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request

import rig

# The combined format, as the regex stage gets it.
ACCESS = (r'^(?P<remote>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) [^"]*" '
          r'(?P<status>\d{3}) (?P<size>\d+)')

NGINX = """
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log {directory}/access.log combined;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  scgi_temp_path {directory}/scgi;
  uwsgi_temp_path {directory}/uwsgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "hello"; }}
    location /missing {{ return 404; }}
    location /teapot {{ return 418; }}
  }}
}}
"""


def load(base, seconds):
    """wrk where there is one, else a few threads; bounded by time either way."""
    if wrk := shutil.which("wrk"):
        subprocess.run([wrk, "-t1", "-c8", f"-d{seconds}s", f"{base}/?load"], check=True, capture_output=True)
        return
    end = time.monotonic() + seconds

    def ask():
        while time.monotonic() < end:
            with urllib.request.urlopen(f"{base}/?load", timeout=5):
                pass
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def nginx(binary, directory):
    program = rig.need("nginx")
    port = rig.free_port()
    base = f"http://127.0.0.1:{port}"
    log = directory / "access.log"
    (directory / "nginx.conf").write_text(NGINX.format(directory=directory, port=port))
    os.chmod(directory, 0o755)  # nginx's worker is another user
    server = rig.Process("nginx", [program, "-p", directory, "-c", directory / "nginx.conf", "-e", "stderr"], directory)
    rig.wait_for("nginx", lambda: rig.get(f"{base}/")[0] == 200)
    receiver = rig.Receiver()
    agent = rig.Tailrace(binary, directory, {
        "clients": [rig.client(receiver)],
        "scrape_configs": [rig.job(log, stages=[
            {"regex": {"expression": ACCESS}}, {"labels": {"method": "", "status": ""}},
            {"timestamp": {"source": "time", "format": "02/Jan/2006:15:04:05 -0700"}}])],
    }).wait_until_up()
    load(base, 1)
    for path in ("/missing", "/teapot?x=\"quoted\"", "/ümlaut".encode().decode("latin-1")):
        rig.get(base + urllib.request.quote(path, safe="/?=%"))
    subprocess.run(["mv", log, f"{log}.1"], check=True)  # as logrotate does, in the midst of it
    rig.get(f"{base}/between")
    os.kill(server.pid, signal.SIGUSR1)
    rig.wait_for("nginx to open its log anew", log.exists)
    load(base, 1)
    server.popen.send_signal(signal.SIGQUIT)  # gracefully: everything is in the log then
    server.popen.wait(30)
    written = (directory / "access.log.1").read_text().splitlines() + log.read_text().splitlines()
    rig.wait_for(lambda: f"{len(written)} lines of nginx; {len(receiver.arrived)} have arrived",
                 lambda: len(receiver.arrived) >= len(written), 60)
    by_status = collections.defaultdict(list)
    for line in written:
        by_status[re.match(ACCESS, line)["status"]].append(line)
    rig.expect({"200", "404", "418"} <= set(by_status), f"nginx answered only {set(by_status)}")
    for status, lines in by_status.items():
        got = receiver.lines(method="GET", status=status)
        rig.expect(got == lines, f"status {status}: {len(got)} lines arrived in its stream, {len(lines)} were written")
    rig.expect(len(receiver.arrived) == len(written), "lines arrived more than once")
    first = receiver.arrived[0]
    stamp = time.mktime(time.strptime(re.match(ACCESS, first.line)["time"].split()[0], "%d/%b/%Y:%H:%M:%S"))
    rig.expect(first.ns // 10**9 == stamp, "an entry does not have the time that nginx gave it")
    print(f"{len(written)} lines of nginx in {len(receiver.requests)} pushes, {agent.memory_max() >> 20} MiB")


def packages(binary, directory):
    logs = [path for path in (*pathlib.Path("/var/log").glob("dpkg.log"), *pathlib.Path("/var/log/apt").glob("*.log"))
            if os.access(path, os.R_OK) and path.stat().st_size > 0]
    if not logs:
        raise rig.Skip("no /var/log/dpkg.log and no /var/log/apt/*.log with something in it")
    receiver = rig.Receiver()
    # Copies: the machine may install something meanwhile.
    for path in logs:
        shutil.copy(path, directory / f"copy-of-{path.name}")
    rig.Tailrace(binary, directory, {
        "clients": [rig.client(receiver)],
        "scrape_configs": [rig.job(directory / "copy-of-*.log", name="packages")],
    }).wait_until_up()
    for copy in sorted(directory.glob("copy-of-*.log")):
        want = [rig.runner.text(line) for line in copy.read_bytes().split(b"\n")[:-1]]
        rig.wait_for(f"{len(want)} lines of {copy.name}",
                     lambda: len(receiver.lines(filename=str(copy))) >= len(want))
        rig.expect(receiver.lines(job="packages", filename=str(copy)) == want, f"{copy.name} arrived changed")
        print(f"{copy.name}: {len(want)} lines")


def docker(*arguments, **options):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60, **options)


def make_image(directory, name):
    """An image from nothing but a static busybox: no registry is asked."""
    busybox = next((path for path in ("/bin/busybox", "/usr/bin/busybox") if os.path.exists(path)), None)
    if not busybox or "statically linked" not in subprocess.run(["file", "-bL", busybox], capture_output=True,
                                                               text=True).stdout:
        raise rig.Skip("no static busybox to make an image of (package busybox-static)")
    archive = directory / "image.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(os.path.realpath(busybox), "busybox")
    imported = docker("import", str(archive), name)
    rig.expect(imported.returncode == 0, f"docker import: {imported.stderr}")


def container(binary, directory):
    rig.need("docker")
    if docker("version").returncode != 0:
        raise rig.Skip("no Docker engine answers")
    name = f"tailrace-e2e-{os.getpid()}"
    make_image(directory, name)
    try:
        script = ('i=0; while [ $i -lt 400 ]; do echo "out $i \\"quoted\\" \\\\ ünicode"; echo "err $i" >&2; '
                  'i=$((i+1)); done; printf "no newline at the end"')
        started = docker("run", "--detach", "--log-driver", "json-file", "--name", name, name, "/busybox", "sh", "-c", script)
        rig.expect(started.returncode == 0, f"docker run: {started.stderr}")
        path = pathlib.Path(json.loads(docker("inspect", name).stdout)[0]["LogPath"])
        if not os.access(path, os.R_OK):
            raise rig.Skip(f"the engine's log files cannot be read from here ({path.parent})")
        receiver = rig.Receiver()
        rig.Tailrace(binary, directory, {
            "clients": [rig.client(receiver)],
            "scrape_configs": [rig.job(path, name="containers", stages=[{"docker": {}}])],
        }).wait_until_up()
        docker("wait", name)
        records = [json.loads(line) for line in path.read_text().splitlines()]
        rig.expect(len(records) == 801, f"the engine wrote {len(records)} records, expected 801")
        rig.wait_for(lambda: f"801 lines of the container; {len(receiver.arrived)} have arrived",
                     lambda: len(receiver.arrived) >= 801)
        for stream in ("stdout", "stderr"):
            # The docker stage keeps the newline that the engine records.
            want = [record["log"] for record in records if record["stream"] == stream]
            rig.expect(receiver.lines(job="containers", stream=stream) == want, f"{stream} arrived changed")
        first = next(entry for entry in receiver.arrived if entry.line == records[0]["log"])
        whole, _, fraction = records[0]["time"].rstrip("Z").partition(".")
        rig.expect(str(first.ns).endswith(fraction.ljust(9, "0")),
                   f"the time {first.ns} is not the engine's {whole}.{fraction}")
    finally:
        docker("rm", "--force", name)
        docker("rmi", name)


PARTS = {"nginx": nginx, "packages": packages, "container": container}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in PARTS:
        sys.exit(__doc__)
    rig.main(PARTS[sys.argv[2]])
