"""What the end-to-end tests and the fault table share: tailrace as a process, a Loki that misbehaves on request, and
a judge of what arrived.

Every test is a program: 0 passed, 1 failed (with a sentence), 77 skipped (with a sentence).

    <test>.py path/to/tailrace
"""

import collections
import contextlib
import http.client
import http.server
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/conformance"))
sys.dont_write_bytecode = True
import runner  # noqa: E402  (the decoders of the conformance receiver)

PUSH = "/loki/api/v1/push"


class Skip(Exception):
    """Something that the test needs is not on this machine."""


class Failure(AssertionError):
    """What was promised does not hold."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def need(name, environment=None):
    """Path of a program, or Skip."""
    path = (os.environ.get(environment) if environment else None) or shutil.which(name)
    if not path:
        raise Skip(f"no {name} on PATH")
    return path


def main(test):
    """Runs test(tailrace, directory) with the binary of the command line and a fresh directory."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} path/to/tailrace")
    binary = os.path.abspath(sys.argv[1])
    status = 0
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tailrace-e2e-"))
    try:
        test(binary, directory)
        print("passed")
    except Skip as reason:
        print(f"skipped: {reason}")
        status = 77
    except Failure as failure:
        print(f"failed: {failure}")
        status = 1
    except Exception:
        traceback.print_exc()
        status = 1
    finally:
        Process.end_all()
        if status == 1:
            for log in sorted(directory.glob("*.log")):
                if log.name.startswith("process-"):
                    print(f"--- the end of {log.name}:\n{log.read_text(errors='replace')[-3000:]}")
    if status == 1 and os.environ.get("TAILRACE_KEEP"):
        print(f"kept: {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
    sys.stdout.flush()
    os._exit(status)  # receivers that stall have threads of their own


def free_port():
    """A port below the ephemeral range, where no outgoing connection takes it meanwhile."""
    return runner.PORTS.take()


def wait_for(what, check, seconds=30, pause=0.02):
    """Polls until check() gives something true, which is returned. `what` completes "waited 30 s for ..."."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if result := check():
                return result
        if time.monotonic() > deadline:
            raise Failure(f"waited {seconds:g} s for {what() if callable(what) else what}")
        time.sleep(pause)


def get(url, headers=None, timeout=10):
    """(status, headers, body) of a GET; errors of HTTP are answers too."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def post(url):
    """The status of an empty POST."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Process:
    """A child with its output in process-<name>.log; ends with the test."""

    running = set()

    def __init__(self, name, command, directory, env=None, preexec=None):
        self.log_path = directory / f"process-{name}.log"
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen([str(word) for word in command], cwd=directory, stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL, env=env, preexec_fn=preexec)
        self.started = time.monotonic()
        Process.running.add(self)

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def memory_max(self):
        """VmHWM in bytes: the most physical memory it ever had."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def kill(self):
        """SIGKILL, as the kernel's out-of-memory killer does."""
        if self.alive():
            self.popen.kill()
        self.popen.wait()
        Process.running.discard(self)

    def terminate(self, seconds=60):
        """SIGTERM; (exit status, seconds it took)."""
        begin = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        try:
            status = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.log_path.name}: did not end within {seconds} s of SIGTERM") from None
        Process.running.discard(self)
        return status, time.monotonic() - begin

    @classmethod
    def end_all(cls):
        for process in list(cls.running):
            process.kill()


class Tailrace(Process):
    """The agent with a configuration, given as a dictionary without `server` and `positions`."""

    def __init__(self, binary, directory, config, name="tailrace", sync_period="10s", port=None, env=None,
                 preexec=None, arguments=()):
        self.port = port or free_port()
        config = {
            "server": {"http_listen_address": "127.0.0.1", "http_listen_port": self.port, "grpc_listen_port": 0},
            "positions": {"filename": str(directory / f"positions-{name}.yaml"), "sync_period": sync_period},
            **config,
        }
        path = directory / f"config-{name}.yaml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        self.positions_path = pathlib.Path(config["positions"]["filename"])
        super().__init__(name, [binary, f"-config.file={path}", *arguments], directory, env=env, preexec=preexec)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_until_up(self, seconds=30):
        """Until the agent's server answers; /ready says yes only once a file is tailed."""
        def up():
            if not self.alive():
                raise Failure(f"tailrace ended with {self.popen.returncode}:\n{self.log()[-2000:]}")
            return get(self.url("/metrics"))[0] == 200
        wait_for("tailrace to answer", up, seconds, pause=0.005)
        return self

    def metric(self, name, **labels):
        """Sum of the samples of this name whose labels include these."""
        _, samples = runner.parse_exposition(get(self.url("/metrics"))[2].decode())
        wanted = set(labels.items())
        return sum(value for (sample, found), value in samples.items() if sample == name and wanted <= set(found))

    def positions(self):
        """path -> offset of the positions file as it is now; {} before it is first written."""
        if not self.positions_path.exists():
            return {}
        return {path: int(offset) for path, offset in
                (yaml.safe_load(self.positions_path.read_text())["positions"] or {}).items()}


def client(receiver, **more):
    """A client that tries again soon: the tests' outages last seconds, not minutes."""
    return {"url": receiver.url, "batchwait": "200ms", "timeout": "2s",
            "backoff_config": {"min_period": "50ms", "max_period": "500ms"}, **more}


def job(path, name="e2e", stages=(), **labels):
    scrape = {"job_name": name, "static_configs": [{"labels": {"job": name, **labels, "__path__": str(path)}}]}
    if stages:
        scrape["pipeline_stages"] = list(stages)
    return scrape


# --------------------------------------------------------------------------
# The far end
# --------------------------------------------------------------------------

class Answer:
    """What the receiver does with one push.

    take     remember the lines, as a Loki that stored them does
    status   what to answer; None cuts the connection without an answer
    delay    seconds to wait before that
    body     text of the answer
    raw      bytes to send instead of an answer; then the connection is cut
    """

    def __init__(self, status=204, take=None, delay=0, headers=(), body=b"scripted answer\n", raw=None):
        self.status = None if raw is not None else status
        status = self.status
        self.body = body
        self.raw = raw
        self.take = (status is not None and status // 100 == 2) if take is None else take
        self.delay = delay
        self.headers = dict(headers)


Arrived = collections.namedtuple("Arrived", "labels ns line request")
Request = collections.namedtuple("Request", "at status headers entries")


class Receiver:
    """A Loki on loopback that records what it took. `answer` decides about each push, `judge` before it by what is in
    the push ([(labels, entries)]; None: no opinion); refuse() and listen() close and open its port."""

    def __init__(self, answer=None, tls=None, port=None):
        self.answer = answer or (lambda: Answer())
        self.judge = lambda streams: None
        self.tls = tls  # an ssl.SSLContext
        self.port = port or free_port()
        self.lock = threading.Lock()
        self.arrived = []   # Arrived, in order
        self.requests = []  # Request, in order of their answers
        self.errors = []
        self.released = threading.Event()  # set: stalled answers go out
        self.server = None
        self.connections = set()
        self.listen()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{PUSH}"

    def listen(self):
        if self.server:
            return
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 120

            def do_POST(self):
                receiver.handle(self)

            def log_message(self, *_):
                pass

            def setup(self):
                super().setup()
                with receiver.lock:
                    receiver.connections.add(self.connection)

            def finish(self):
                with receiver.lock:
                    receiver.connections.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass

        server = Server(("127.0.0.1", self.port), Handler)
        if self.tls:
            server.socket = self.tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self.server = server
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def refuse(self):
        """Connections are refused and open ones cut, as when Loki was stopped."""
        server, self.server = self.server, None
        if server:
            server.shutdown()
            server.server_close()
        with self.lock:
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle(self, request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = request.rfile.read(int(headers.get("content-length", 0)))
        streams, error = runner.Receiver.decode(headers, raw)
        if request.path != PUSH:
            error = f"unexpected path {request.path}"
        answer = Answer(400) if error is not None else self.judge(streams) or self.answer()
        if answer.delay:
            self.released.wait(answer.delay)
        with self.lock:
            if error:
                self.errors.append(error)
            if answer.take:
                for labels, entries in streams:
                    for ns, line, _ in entries:
                        self.arrived.append(Arrived(labels, ns, line, len(self.requests)))
            self.requests.append(Request(time.monotonic(), answer.status, headers,
                                         sum(len(entries) for _, entries in streams)))
        try:
            if answer.status is None:
                if answer.raw is not None:
                    request.connection.sendall(answer.raw)
                request.connection.shutdown(socket.SHUT_RDWR)
                request.close_connection = True
                return
            request.send_response(answer.status)
            for name, value in answer.headers.items():
                request.send_header(name, value)
            if answer.status != 204:
                request.send_header("Content-Length", str(len(answer.body)))
                request.end_headers()
                request.wfile.write(answer.body)
            else:
                request.end_headers()
        except OSError:  # the agent gave up waiting
            request.close_connection = True

    def lines(self, **labels):
        """Lines that arrived, in order, of streams with these labels."""
        with self.lock:
            arrived = list(self.arrived)
        if not labels:
            return [entry.line for entry in arrived]
        wanted = set(labels.items())
        matches = {}
        out = []
        for entry in arrived:
            if entry.labels not in matches:
                matches[entry.labels] = wanted <= set(runner.parse_labels(entry.labels).items())
            if matches[entry.labels]:
                out.append(entry.line)
        return out

    def labels(self):
        with self.lock:
            return [runner.parse_labels(text) for text in dict.fromkeys(entry.labels for entry in self.arrived)]


# --------------------------------------------------------------------------
# Numbered lines, and whether they came
# --------------------------------------------------------------------------

class Writer:
    """Writes numbered lines to one path: "<name> <n> padding". n counts over all files that stood at the path.
    Rotating and writing may be done by two threads."""

    STEP = 0.02  # seconds between two writes of a steady writer

    def __init__(self, path, name="w", padding=60):
        self.path = pathlib.Path(path)
        self.name = name
        self.padding = "x" * padding
        self.written = 0
        self.lock = threading.RLock()
        self.file = open(self.path, "ab", buffering=0)
        self.thread = None
        self.stopping = False

    def write(self, count):
        with self.lock:
            begin = self.written
            self.written += count
            lines = (f"{self.name} {n} {self.padding}\n" for n in range(begin, begin + count))
            self.file.write("".join(lines).encode())

    def start(self, per_second=2000):
        """Writes steadily in a thread of its own until finish()."""
        def run():
            begin = time.monotonic()
            count = 0
            while not self.stopping:
                due = int((time.monotonic() - begin) * per_second) - count
                if due > 0:
                    self.write(due)
                    count += due
                time.sleep(self.STEP)
        self.stopping = False
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def finish(self):
        self.stopping = True
        self.thread.join()

    def rotate(self, keep=100):
        """logrotate's way: app.log -> app.log.1 -> app.log.2 ..., then a new app.log."""
        with self.lock:
            for i in range(keep, 0, -1):
                with contextlib.suppress(FileNotFoundError):
                    os.rename(f"{self.path}.{i}", f"{self.path}.{i + 1}")
            os.rename(self.path, f"{self.path}.1")
            self.file.close()
            self.file = open(self.path, "ab", buffering=0)

    def replace(self):
        """The file is deleted and begun anew; the new one often gets the old one's inode number."""
        with self.lock:
            self.file.close()
            os.unlink(self.path)
            self.file = open(self.path, "ab", buffering=0)

    def copytruncate(self):
        with self.lock:
            shutil.copyfile(self.path, f"{self.path}.copy")
            self.file.truncate(0)


class Verdict:
    """What came of the lines of some writers: lost, extra (copies that Loki cannot merge, since their time
    differs), repeated (copies with the same time), disordered (a line's first arrival before that of an earlier one)."""

    def __init__(self, receiver, writers):
        with receiver.lock:
            arrived = list(receiver.arrived)
        names = {writer.name for writer in writers}
        first = {writer.name: {} for writer in writers}
        times = collections.Counter()
        self.extra = self.repeated = 0
        for position, entry in enumerate(arrived):
            name, _, rest = entry.line.partition(" ")
            number = rest.partition(" ")[0]
            if name not in names or not number.isdigit():
                continue
            number = int(number)
            if number not in first[name]:
                first[name][number] = position
                times[name, number, entry.ns] = 1
            elif times[name, number, entry.ns]:
                self.repeated += 1
            else:
                times[name, number, entry.ns] = 1
                self.extra += 1
        self.written = sum(writer.written for writer in writers)
        self.missing = [f"{writer.name} {n}" for writer in writers for n in range(writer.written)
                        if n not in first[writer.name]]
        self.lost = len(self.missing)
        late = []
        for name, positions in first.items():
            last = -1
            for number in sorted(positions):
                if positions[number] < last:
                    late.append(f"{name} {number}")
                last = max(last, positions[number])
        self.disordered = len(late)
        self.late = late

    def __str__(self):
        text = f"{self.lost} of {self.written} lost"
        if self.missing:
            text += f" ({', '.join(self.missing[:5])}{', ...' if self.lost > 5 else ''})"
        text += f", {self.extra} extra copies, {self.repeated} merged copies, {self.disordered} out of order"
        return text + (f" ({self.late[0]} to {self.late[-1]})" if self.late else "")


def wait_until_all_came(receiver, writers, seconds=30):
    """The verdict, once nothing is missing or the time is over."""
    deadline = time.monotonic() + seconds
    seen = -1
    while True:
        if len(receiver.arrived) != seen or time.monotonic() > deadline:
            seen = len(receiver.arrived)
            verdict = Verdict(receiver, writers)
            if not verdict.lost or time.monotonic() > deadline:
                return verdict
        time.sleep(0.1)
