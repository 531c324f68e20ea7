#!/usr/bin/env python3
"""kubernetes_sd_configs as a DaemonSet uses it, against an API server on loopback that plays what one plays: TLS with
an authority of its own, a token that is renewed on disk, lists in pages, watches that end, break and are answered 410
Gone. The targets follow the pods through all of it, by the usual recipe for __path__, and every line arrives once.

    kubernetes_test.py path/to/tailrace
"""

import contextlib
import http.server
import json
import os
import queue
import socket
import ssl
import threading
import urllib.parse

import rig

NODE = "node-1"


def pod(name, uid, version, phase="Running", **annotations):
    containers = [{"name": "web", "image": "web:1", "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}]},
                  {"name": "sidecar", "image": "sidecar:2"}]
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": uid, "resourceVersion": str(version),
                     "labels": {"app.kubernetes.io/name": name.split("-")[0]}, "annotations": annotations,
                     "ownerReferences": [{"kind": "ReplicaSet", "name": f"{name}-5d9c7b", "controller": True}]},
        "spec": {"nodeName": NODE, "containers": containers, "initContainers": [{"name": "setup", "image": "init:3"}]},
        "status": {"phase": phase, "podIP": "10.0.0.7", "hostIP": "192.168.0.1",
                   "conditions": [{"type": "Ready", "status": "True"}],
                   "containerStatuses": [{"name": "web", "containerID": f"containerd://{uid}"}]},
    }


class ApiServer:
    """Knows one token at a time. Watches are fed by send(); `gone` answers the next watch with 410."""

    def __init__(self, token):
        self.token = token
        self.pods = {}
        self.version = 10
        self.seen = []       # (path with query, status)
        self.watches = []    # a queue for each open one
        self.gone = False
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with contextlib.suppress(OSError):
                    server.answer(self)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", rig.free_port()), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(rig.runner.TLS_DIR, "server.pem"),
                                os.path.join(rig.runner.TLS_DIR, "server.key"))
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"https://127.0.0.1:{self.http.server_address[1]}"

    def answer(self, request):
        path = urllib.parse.unquote(request.path)
        query = urllib.parse.parse_qs(urllib.parse.urlparse(request.path).query)
        is_watch = "watch" in query
        status = 200
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            status = 401
        elif is_watch and self.gone:
            self.gone = False
            status = 410
        self.seen.append((path, status))
        if status != 200:
            return self.reply(request, status, {"kind": "Status", "code": status, "message": f"scripted {status}"})
        if is_watch:
            return self.watch(request)
        names = sorted(self.pods)
        start = int(query.get("continue", ["0"])[0])
        page = {"metadata": {"resourceVersion": str(self.version)}, "items": [self.pods[n] for n in names[start:start + 1]]}
        if start + 1 < len(names):
            page["metadata"]["continue"] = str(start + 1)
        self.reply(request, 200, page)

    @staticmethod
    def reply(request, status, body):
        data = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def watch(self, request):
        events = queue.Queue()
        self.watches.append(events)
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        while (event := events.get()) is not None:
            if event == "cut":
                request.connection.shutdown(socket.SHUT_RDWR)
                return
            data = (json.dumps(event) + "\n").encode()
            request.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            request.wfile.flush()
        request.wfile.write(b"0\r\n\r\n")

    def put(self, kind, name, **pod_fields):
        """The pod's new state, told to the watch that is open."""
        self.version += 1
        if kind == "DELETED":
            event = {"type": kind, "object": self.pods.pop(name)}
            event["object"]["metadata"]["resourceVersion"] = str(self.version)
        else:
            self.pods[name] = pod(name, version=self.version, **pod_fields)
            event = {"type": kind, "object": self.pods[name]}
        if self.watches:
            self.watches[-1].put(event)

    def end_watch(self, how=None):
        self.watches.pop().put(how)


def log(directory, uid, container, text):
    path = directory / "pods" / f"shop_x_{uid}" / container / "0.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"2026-01-02T03:04:05.000000001Z stdout F {text}\n")


def config(directory, api, receiver):
    def rule(source, target):
        return {"source_labels": [f"__meta_kubernetes_{source}"], "target_label": target}
    return {
        "target_config": {"sync_period": "200ms"},
        "clients": [rig.client(receiver)],
        "scrape_configs": [{
            "job_name": "kubernetes-pods",
            "pipeline_stages": [{"cri": {}}],
            "kubernetes_sd_configs": [{
                "role": "pod", "api_server": api.url, "namespaces": {"names": ["shop"]},
                "selectors": [{"role": "pod", "label": "logging!=off"}],
                "authorization": {"credentials_file": str(directory / "token")},
                "tls_config": {"ca_file": os.path.join(rig.runner.TLS_DIR, "ca.pem")}}],
            "relabel_configs": [
                {"source_labels": ["__meta_kubernetes_pod_node_name"], "target_label": "__host__"},
                rule("namespace", "namespace"), rule("pod_name", "pod"), rule("pod_container_name", "container"),
                rule("pod_container_init", "init"), rule("pod_controller_kind", "controller"),
                {"action": "labelmap", "regex": "__meta_kubernetes_pod_label_(.+)"},
                {"source_labels": ["__meta_kubernetes_pod_uid", "__meta_kubernetes_pod_container_name"],
                 "separator": "/", "target_label": "__path__", "replacement": f"{directory}/pods/*$1/*.log"}],
        }],
    }


def test(binary, directory):
    rig.need("openssl")
    rig.runner.make_certificates()
    token = directory / "token"
    token.write_text("first\n")
    api = ApiServer("first")
    api.put("ADDED", "web-1", uid="u1")
    api.put("ADDED", "db-1", uid="u2")
    for uid, container in (("u1", "web"), ("u1", "sidecar"), ("u1", "setup"), ("u2", "web")):
        log(directory, uid, container, f"{uid} {container} 1")
    receiver = rig.Receiver()
    agent = rig.Tailrace(binary, directory, config(directory, api, receiver),
                         env={**os.environ, "HOSTNAME": NODE}).wait_until_up()

    def arrived(*lines):
        rig.wait_for(lambda: f"{lines}, have {sorted(receiver.lines())}", lambda: set(lines) <= set(receiver.lines()))

    def watched(count):
        rig.wait_for(f"watch number {count}", lambda: len([p for p, s in api.seen if "watch=1" in p and s == 200]) >= count
                     and api.watches)

    arrived("u1 web 1", "u1 sidecar 1", "u1 setup 1", "u2 web 1")
    for labels in receiver.labels():
        rig.expect(labels["namespace"] == "shop" and labels["controller"] == "ReplicaSet"
                   and labels["init"] == ("true" if labels["container"] == "setup" else "false")
                   and labels["app_kubernetes_io_name"] in ("web", "db") and labels["stream"] == "stdout",
                   f"labels of a target: {labels}")
    watched(1)
    path, _ = api.seen[0]
    rig.expect(path.startswith("/api/v1/namespaces/shop/pods?") and "labelSelector=logging!=off" in path
               and f"fieldSelector=spec.nodeName={NODE}" in path, f"the list was asked for as {path}")

    api.put("ADDED", "web-2", uid="u3")                      # by the watch
    log(directory, "u3", "web", "u3 web 1")
    arrived("u3 web 1")

    api.end_watch("cut")                                     # the connection breaks
    watched(2)
    api.put("ADDED", "web-3", uid="u4")
    log(directory, "u4", "web", "u4 web 1")
    arrived("u4 web 1")

    api.gone = True                                          # 410 Gone: everything is listed again
    api.version = 500
    api.end_watch()
    api.put("DELETED", "db-1")                               # nobody is told
    watched(3)
    rig.wait_for("the target of the deleted pod to end",
                 lambda: "u2" not in rig.get(agent.url("/targets"))[2].decode())

    token.write_text("second\n")                             # the kubelet renews the token, the server knows only it
    api.token = "second"
    api.end_watch()
    watched(4)
    api.put("ADDED", "web-4", uid="u5")
    log(directory, "u5", "web", "u5 web 1")
    log(directory, "u1", "web", "u1 web 2")                  # and those that were there go on
    arrived("u5 web 1", "u1 web 2")

    lines = receiver.lines()
    rig.expect(len(lines) == len(set(lines)), f"lines came twice: {sorted(lines)}")
    status, _ = agent.terminate()
    rig.expect(status == 0, f"exit status {status}")
    print(f"{len(lines)} lines, {len(api.seen)} requests, {sum(s == 410 for _, s in api.seen)} of them answered 410")


if __name__ == "__main__":
    rig.main(test)
