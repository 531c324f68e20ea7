#!/usr/bin/env python3
"""The release binary is one file: static, stripped, small, and it works in a root directory that holds nothing but
it, a configuration, /etc/hosts, /etc/resolv.conf and certificates.

    static_binary_test.py path/to/tailrace [static]      without the second word it is not the static build
"""

import datetime
import os
import pathlib
import shutil
import ssl
import subprocess
import sys

import yaml

import rig

BYTES_MAX = 12_000_000
ZONE = "America/New_York"
ZONES = pathlib.Path("/usr/share/zoneinfo")


def check_file(binary):
    kind = subprocess.run([rig.need("file"), "-b", binary], capture_output=True, text=True).stdout
    for word in ("statically linked", "stripped"):
        rig.expect(word in kind and f"not {word}" not in kind, f"`file` does not say {word}: {kind}")
    size = os.path.getsize(binary)
    rig.expect(size <= BYTES_MAX, f"the binary has {size} bytes, at most {BYTES_MAX} are promised")
    print(f"{size / 1e6:.1f} MB, {kind.strip()}")


def chroot_command(root):
    """Our way into `root`: as root, or as root of a user namespace."""
    if os.getuid() == 0:
        return [rig.need("chroot"), root]
    command = [rig.need("unshare"), "-r", rig.need("chroot"), root]
    if subprocess.run([*command[:2], "true"], capture_output=True).returncode != 0:
        raise rig.Skip("neither root nor allowed to have a user namespace, so there is no chroot")
    return command


def make_root(root, binary, receiver, client_tls):
    (root / "etc").mkdir(parents=True)
    (root / "etc/hosts").write_text("127.0.0.1 localhost loki.test\n")
    (root / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
    shutil.copy(binary, root / "tailrace")
    shutil.copy(os.path.join(rig.runner.TLS_DIR, "ca.pem"), root / "etc/ca.pem")
    (root / "app.log").write_text("2026-01-15 10:00:00 hello from an empty root\n")
    (root / "config.yaml").write_text(yaml.safe_dump({
        "server": {"disable": True},
        "positions": {"filename": "/positions.yaml"},
        "clients": [rig.client(receiver, url=receiver.url.replace("127.0.0.1", "loki.test"), tls_config=client_tls)],
        "scrape_configs": [rig.job("/app.log", stages=[
            {"regex": {"expression": r"^(?P<time>\S+ \S+)"}},
            {"timestamp": {"source": "time", "format": "2006-01-02 15:04:05", "location": ZONE}}])],
    }))
    if (ZONES / ZONE).exists():
        (root / "usr/share/zoneinfo/America").mkdir(parents=True)
        shutil.copy(ZONES / ZONE, root / "usr/share/zoneinfo" / ZONE)


def run_in(root, directory, environment):
    return rig.Process(root.name, [*chroot_command(root), "/tailrace", "-config.file=/config.yaml"], directory,
                       env=environment)


def test(binary, directory):
    if sys.argv[2:] != ["static"]:
        raise rig.Skip("this is not the static build; the release preset makes one")
    check_file(binary)
    rig.need("openssl")
    rig.runner.TLS_DIR = str(directory / "tls")
    rig.runner.make_certificates()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{rig.runner.TLS_DIR}/server.pem", f"{rig.runner.TLS_DIR}/server.key")

    # Without our authority nothing must arrive, else the rest would prove nothing.
    for name, client_tls, environment, arrives in (
            ("no-authority", {}, {}, False),
            ("environment", {}, {"SSL_CERT_FILE": "/etc/ca.pem"}, True),
            ("ca_file", {"ca_file": "/etc/ca.pem"}, {}, True),
            ("system-path", {}, {}, True)):
        receiver = rig.Receiver(tls=context)
        root = directory / name
        make_root(root, binary, receiver, client_tls)
        if name == "system-path":
            (root / "etc/ssl/certs").mkdir(parents=True)
            (root / "etc/ca.pem").rename(root / "etc/ssl/certs/ca-certificates.crt")
        agent = run_in(root, directory, environment)
        if arrives:
            rig.wait_for(f"the line pushed over TLS ({name})", receiver.lines)
            entry = receiver.arrived[0]
            rig.expect(entry.line.endswith("hello from an empty root"), f"{name}: {entry.line!r} arrived")
            if (ZONES / ZONE).exists():
                want = datetime.datetime(2026, 1, 15, 15, tzinfo=datetime.timezone.utc).timestamp()
                rig.expect(entry.ns // 10**9 == want, f"{name}: {entry.ns} is not ten o'clock in {ZONE}")
        else:
            rig.wait_for("the certificate to be refused",
                         lambda: "certificate" in agent.log() and "error sending batch" in agent.log())
            rig.expect(not receiver.arrived, "a receiver with an unknown certificate was believed")
        status, _ = agent.terminate()
        rig.expect(status == 0, f"{name}: exit status {status}")
        receiver.refuse()
    if not (ZONES / ZONE).exists():
        print(f"no {ZONES / ZONE} on this machine: names of time zones are left out")


if __name__ == "__main__":
    rig.main(test)
