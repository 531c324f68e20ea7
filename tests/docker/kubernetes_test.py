#!/usr/bin/env python3
"""docker/kubernetes.yaml: what belongs together fits together, and its configuration is one that tailrace takes.

    kubernetes_test.py [BINARY]
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import stack
import yaml


def check(documents):
    kinds = {document["kind"]: document for document in documents}
    pod = kinds["DaemonSet"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    labels = kinds["DaemonSet"]["spec"]["selector"]["matchLabels"]
    if not labels.items() <= pod["metadata"]["labels"].items():
        yield f"the selector {labels} does not find the pods"
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    if volumes != set(mounts):
        yield f"volumes {volumes}, mounts {set(mounts)}"
    account = kinds["ServiceAccount"]["metadata"]
    subject = kinds["ClusterRoleBinding"]["subjects"][0]
    if pod["spec"]["serviceAccountName"] != account["name"] or (subject["name"], subject["namespace"]) != (
            account["name"], account["namespace"]):
        yield "the account of the pods is not the one with the role"
    if kinds["ClusterRoleBinding"]["roleRef"]["name"] != kinds["ClusterRole"]["metadata"]["name"]:
        yield "the binding names another role"
    rule = kinds["ClusterRole"]["rules"][0]
    if rule["resources"] != ["pods"] or set(rule["verbs"]) != {"get", "list", "watch"}:
        yield f"rights beyond reading pods: {rule}"
    config = yaml.safe_load(kinds["Secret"]["stringData"]["promtail.yaml"])
    if not str(config["positions"]["filename"]).startswith(mounts["run"] + "/"):
        yield "the positions are on no volume"
    if config["server"]["http_listen_port"] != container["ports"][0]["containerPort"]:
        yield "the port of the probe is not the server's"
    for rule in config["scrape_configs"][0]["relabel_configs"]:
        if rule["target_label"] == "__path__" and not rule["replacement"].startswith(mounts["pods"]):
            yield f"__path__ is on no volume: {rule['replacement']}"
    compose = stack.read_yaml("docker-compose.yml")["services"]["tailrace"]["image"]
    if container["image"] != "tailrace:" + re.search(r":-([^}]*)\}", compose)[1]:
        yield f"{container['image']} is not the version of the compose file"


def check_syntax(binary, documents):
    secret = next(document for document in documents if document["kind"] == "Secret")
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "promtail.yaml"
        path.write_text(secret["stringData"]["promtail.yaml"])
        done = subprocess.run([binary, f"-config.file={path}", "-check-syntax"], capture_output=True, text=True)
        if done.returncode != 0:
            yield f"its configuration: {done.stdout}{done.stderr}"


def main():
    documents = list(yaml.safe_load_all((stack.DOCKER / "kubernetes.yaml").read_text()))
    errors = list(check(documents))
    if len(sys.argv) > 1:
        errors += check_syntax(sys.argv[1], documents)
    stack.finish(errors)


if __name__ == "__main__":
    main()
