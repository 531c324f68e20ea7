#!/usr/bin/env python3
"""The compose file: read by compose itself where there is one, and held to our own promises."""

import pathlib
import re
import shutil
import subprocess
import tempfile

import stack


def run(command):
    return subprocess.run(command, capture_output=True, text=True, cwd=stack.ROOT)


def check_with_compose(path):
    if shutil.which("docker") and run(["docker", "compose", "version"]).returncode == 0:
        result = run(["docker", "compose", "-f", str(path), "config", "--quiet"])
    elif shutil.which("docker-compose"):
        # Version 1 ended in 2023 and does not know the top-level `name`; all the rest it does.
        with tempfile.NamedTemporaryFile("w", suffix=".yml", dir=path.parent) as copy:
            copy.write(re.sub(r"(?m)^name: .*$", "", path.read_text(), count=1))
            copy.flush()
            result = run(["docker-compose", "-f", copy.name, "config", "--quiet"])
    else:
        print("note: neither `docker compose` nor docker-compose here; read as YAML only")
        return
    if result.returncode != 0:
        yield f"compose refuses {path.name}: {result.stderr.strip()}"


def check_service(name, service, services, volumes):
    tag = re.search(r":-([^}]*)\}$", service["image"])
    if not tag or not re.fullmatch(r"v?\d+\.\d+\.\d+", tag[1]):
        yield f"{name}: the image's default version is not pinned: {service['image']}"
    for key in ("healthcheck", "logging", "restart", "ports"):
        if key not in service:
            yield f"{name}: no {key}"
    if "{{.Name}}" not in service["logging"]["options"].get("tag", ""):
        yield f"{name}: its log lines would not carry its name"
    for port in service["ports"]:
        if not port.startswith("${BIND_ADDRESS:-127.0.0.1}:"):
            yield f"{name}: port {port} is open to the network by default"
    for other, how in service.get("depends_on", {}).items():
        if other not in services:
            yield f"{name}: depends on unknown {other}"
        if how["condition"] not in ("service_healthy", "service_started"):
            yield f"{name}: waits for {other} in an unknown way: {how}"
    for volume in service["volumes"]:
        source = re.match(r"(\$\{[^}]*\}|[^:]*):", volume)[1]
        if source.startswith("./") and not (stack.DOCKER / source).exists():
            yield f"{name}: {source} does not exist"
        if re.fullmatch(r"[\w-]+", source) and source not in volumes:
            yield f"{name}: volume {source} is not declared"


def check_scrape_targets(services):
    for job in stack.read_yaml("prometheus.yml")["scrape_configs"]:
        for group in job["static_configs"]:
            if group["labels"].get("service") not in services:
                yield f"prometheus.yml: {job['job_name']}: the label `service` must be the compose service"
            for target in group["targets"]:
                host, port = target.split(":")
                name = "prometheus" if host == "localhost" else host
                if name not in services:
                    yield f"prometheus.yml: nobody is called {host}"
                elif not any(published.endswith(f":{port}") for published in services[name]["ports"]):
                    yield f"prometheus.yml: {name} does not listen on {port}"


def check_retention():
    loki = stack.read_yaml("loki-config.yml")
    if loki["limits_config"]["retention_period"] != "168h":
        yield "loki-config.yml: retention is not seven days"
    compactor = loki["compactor"]
    if not (compactor["retention_enabled"] is True and compactor["delete_request_store"]):
        yield "loki-config.yml: the compactor deletes nothing"
    if any(period["index"]["period"] != "24h" for period in loki["schema_config"]["configs"]):
        yield "loki-config.yml: retention needs an index period of 24h"


def check_dockerfiles():
    """Two ways to one image: from USER on, both files say the same."""
    built, prebuilt = ((stack.DOCKER / name).read_text() for name in ("Dockerfile", "Dockerfile.prebuilt"))
    tails = [text[text.index("\nUSER ") :] for text in (built, prebuilt)]
    without_comments = [re.sub(r"(?m)^#.*\n", "", tail) for tail in tails]
    if without_comments[0] != without_comments[1]:
        yield "docker/Dockerfile and docker/Dockerfile.prebuilt differ after USER"


def main():
    path = pathlib.Path(stack.DOCKER / "docker-compose.yml")
    compose = stack.read_yaml(path.name)
    services, volumes = compose["services"], compose["volumes"]
    errors = list(check_with_compose(path))
    if set(services) != {"loki", "tailrace", "prometheus", "grafana"}:
        errors.append(f"services are {sorted(services)}")
    for name, service in services.items():
        errors += check_service(name, service, services, volumes)
    errors += check_scrape_targets(services)
    errors += check_retention()
    errors += check_dockerfiles()
    stack.finish(errors)


if __name__ == "__main__":
    main()
