"""The files of docker/, read once for all tests, and the three ways in which a test ends."""

import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"


def skip(reason):
    """ctest shows 77 as skipped, not as passed."""
    print(f"skipped: {reason}")
    sys.exit(77)


def finish(errors):
    for error in errors:
        print(f"error: {error}")
    sys.exit(1 if errors else 0)


def read_yaml(path):
    return yaml.safe_load((DOCKER / path).read_text())


def data_sources():
    return read_yaml("grafana/provisioning/datasources/datasources.yml")["datasources"]


def dashboards():
    """File name -> dashboard."""
    return {path.name: json.loads(path.read_text()) for path in sorted((DOCKER / "grafana/dashboards").glob("*.json"))}


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries(uid):
    """(where, expression) of everything in Grafana that asks the data source `uid`."""
    for file, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                if target["datasource"]["uid"] == uid:
                    yield f"{file}: {panel['title']}", target["expr"]
        for annotation in dashboard["annotations"]["list"]:
            if annotation["datasource"]["uid"] == uid:
                yield f"{file}: annotation {annotation['name']}", annotation["expr"]
        for variable in dashboard["templating"]["list"]:
            if variable.get("datasource", {}).get("uid") == uid:
                text = variable["query"]["query"]
                match = re.fullmatch(r"label_values\((.+), *(\w+)\)", text)
                if not match:
                    raise ValueError(f"{file}: variable {variable['name']}: not label_values(metric, label): {text}")
                yield f"{file}: variable {variable['name']}", f"count by ({match[2]}) ({match[1]})"
    for source in data_sources():
        for correlation in source.get("correlations", []):
            if correlation["targetUID"] == uid:
                yield f"correlation from {source['name']}", correlation["config"]["target"]["expr"]


def alert_rules():
    for group in read_yaml("alerts.yml")["groups"]:
        for rule in group["rules"]:
            yield rule


def without_variables(expression):
    """An expression with Grafana's variables filled in, so that Prometheus or Loki can read it."""
    expression = re.sub(r"\$__(rate_interval|interval|auto)\b", "1m", expression)
    return re.sub(r"\${1,2}\{[^}]*\}|\$\w+", "x", expression)
