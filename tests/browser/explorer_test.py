#!/usr/bin/env python3
"""The explorer in a real browser: this starts tailrace with a store and a tailed file, explorer.mjs does what a person
would do. Screenshots are kept in the directory of the second argument.

    explorer_test.py path/to/tailrace path/for/screenshots
"""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import rig  # noqa: E402

# A name that is markup: file names reach the agent tab.
HOSTILE_FILE = "<img src=x onerror=pwned=1>.log"


def start(binary, directory, name, store_port=None, **more):
    """tailrace with a store on a port of its own; (agent, store's base URL, path of its tailed file)."""
    store_port = store_port or rig.free_port()
    logs = directory / f"logs-{name}"
    logs.mkdir()
    (logs / HOSTILE_FILE).write_text("2026-01-01T00:00:00Z INFO in a file with a hostile name\n")
    log = logs / "app.log"
    log.write_text("".join(f"level={level} msg=\"line {n} of the file\" user=u{n % 5} took={n}ms\n"
                           for n in range(200) for level in [("info", "warn", "error", "debug")[n % 4]]))
    agent = rig.Tailrace(binary, directory, {
        "store": {"http_listen_address": "127.0.0.1", "http_listen_port": store_port,
                  "path": str(directory / f"store-{name}")},
        "clients": [{"url": f"http://127.0.0.1:{store_port}{rig.PUSH}", "batchwait": "100ms",
                     "basic_auth": {"username": "pusher", "password": "a-secret-of-the-client"}}],
        "scrape_configs": [rig.job(logs / "*.log", name="tailed", stages=[
            {"logfmt": {"mapping": {"level": ""}}}, {"labels": {"level": ""}}])],
        **more,
    }, name=name)
    return agent, f"http://127.0.0.1:{store_port}", log


def start_guarded(binary, directory):
    """Another one: behind a prefix, its store behind a password. (base URL of its agent, of its store)"""
    port, store_port = rig.free_port(), rig.free_port()
    user = {"username": "reader", "password": "a-secret-of-the-client"}
    agent, store, _ = start(
        binary, directory, "guarded",
        server={"http_listen_address": "127.0.0.1", "http_listen_port": port, "http_path_prefix": "/tools"},
        store={"http_listen_address": "127.0.0.1", "http_listen_port": store_port, "basic_auth": user,
               "path": str(directory / "store-guarded")},
        clients=[{"url": f"http://127.0.0.1:{store_port}{rig.PUSH}", "batchwait": "100ms", "basic_auth": user}])
    return f"http://127.0.0.1:{port}/tools", f"http://127.0.0.1:{store_port}"


def start_alone(binary, directory):
    """An agent that may not show its Loki to anybody. Its base URL."""
    agent, _, _ = start(binary, directory, "alone", explorer={"first_client": "never"})
    return agent.url("")


def check_disabled(binary, directory):
    """Without the page the listeners are as they were."""
    agent, store, _ = start(binary, directory, "disabled", explorer={"disable": True})
    agent.wait_until_up()
    for url in (agent.url("/ui"), agent.url("/ui/"), f"{store}/", f"{store}/assets/main.js", f"{store}/api/v1/agent"):
        rig.expect(rig.get(url)[0] == 404, f"{url} is there although the explorer is disabled")
    rig.expect(b"Explorer" not in rig.get(agent.url("/targets"))[2], "/targets leads to an explorer that is not there")
    rig.expect(rig.get(f"{store}/ready")[0] == 200, "the store is not ready")
    agent.terminate()


def need_browser():
    """Command of a Chromium and of node, or Skip with what is missing."""
    browser = next((path for name in ("chromium", "chromium-browser", "google-chrome")
                    if (path := rig.shutil.which(name))), None)
    if not browser:
        raise rig.Skip("no chromium on PATH: scripts/setup --e2e installs it")
    node = rig.need("node")
    if not (HERE / "node_modules/playwright-core").exists():
        raise rig.Skip("no playwright-core in tests/browser: scripts/setup --e2e fetches it with npm ci, "
                       "where a registry can be reached")
    return browser, node


def test(binary, directory):
    check_disabled(binary, directory)
    browser, node = need_browser()
    shots = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else directory / "shots")
    shots.mkdir(parents=True, exist_ok=True)
    # The store once more, as a Loki elsewhere that is asked through tailrace.
    store_port = rig.free_port()
    far = {"sources": [{"name": "far", "url": f"http://127.0.0.1:{store_port}"}]}
    agent, store, log = start(binary, directory, "explorer", store_port, explorer=far, app={
        "listen_address": "127.0.0.1", "listen_port": (app_port := rig.free_port()), "work_time_min": "0s",
        "work_time_max": "5ms", "log": {"path": str(directory / "app.log"), "stdout": False}})
    agent.wait_until_up()
    alone = start_alone(binary, directory)
    guarded_agent, guarded_store = start_guarded(binary, directory)
    rig.wait_for("the file's lines in the store", lambda: agent.metric("promtail_sent_entries_total") >= 201)
    place = {"store": store, "agent": agent.url(""), "app": f"http://127.0.0.1:{app_port}", "log": str(log),
             "alone": alone, "guardedAgent": guarded_agent, "guardedStore": guarded_store, "hostileFile": HOSTILE_FILE, "secret": "a-secret-of-the-client", "shots": str(shots), "browser": browser}
    done = subprocess.run([node, str(HERE / "explorer.mjs"), json.dumps(place)], timeout=400,
                          env={**os.environ, "TZ": "UTC"})
    rig.expect(done.returncode == 0, "the browser's checks failed, see above")


if __name__ == "__main__":
    rig.main(test)
