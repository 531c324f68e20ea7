#!/usr/bin/env python3
"""Grafana's provisioning holds together: data sources, correlations, dashboards."""

import itertools

import stack


def check_data_sources(sources):
    uids = [source["uid"] for source in sources]
    if sorted(uids) != ["loki", "prometheus"]:
        yield f"data sources are {uids}"
    if [source["uid"] for source in sources if source.get("isDefault")] != ["prometheus"]:
        yield "one data source must be the default: prometheus"
    for source in sources:
        others = set(uids) - {source["uid"]}
        targets = {correlation["targetUID"] for correlation in source.get("correlations", [])}
        if targets != others:
            yield f"{source['name']}: correlations lead to {targets}, expected {others}"
        for correlation in source.get("correlations", []):
            # Grafana's provisioning needs all of these as text, and crashes over a missing one.
            for key in ("label", "description", "targetUID"):
                if not isinstance(correlation.get(key), str):
                    yield f"{source['name']}: correlation without {key}"
            config = correlation["config"]
            if config["type"] != "query" or config["field"] != "service":
                yield f"{source['name']}: correlation must be a query on the field `service`"
            # `$${` becomes `${` when Grafana has expanded the environment; a single dollar becomes nothing.
            if "$${__value.raw}" not in config["target"]["expr"]:
                yield f"{source['name']}: correlation does not pass the value on"
    loki = next(source for source in sources if source["uid"] == "loki")
    if "service" not in [field["name"] for field in loki["jsonData"]["derivedFields"]]:
        yield "Loki: without the derived field `service` its correlation has nothing to hang on"


def overlaps(a, b):
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and
            a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


def check_dashboard(file, dashboard, uids, other_dashboards):
    ids = [panel["id"] for panel in stack.panels(dashboard)]
    if len(ids) != len(set(ids)):
        yield f"{file}: panel ids repeat"
    if "id" in dashboard:
        yield f"{file}: has a database id; provisioned dashboards must not"
    for panel in stack.panels(dashboard):
        where = f"{file}: {panel['title']}"
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
            yield f"{where}: wider than the page"
        if panel["type"] == "row":
            continue
        if not panel.get("description"):
            yield f"{where}: no description"
        if not panel["targets"]:
            yield f"{where}: asks nothing"
        for holder in (panel, *panel["targets"]):
            if holder["datasource"]["uid"] not in uids:
                yield f"{where}: unknown data source {holder['datasource']}"
        for target in panel["targets"]:
            if target["datasource"] != panel["datasource"]:
                yield f"{where}: a query goes to another data source than the panel"
    for a, b in itertools.combinations(stack.panels(dashboard), 2):
        if overlaps(a["gridPos"], b["gridPos"]):
            yield f"{file}: {a['title']!r} and {b['title']!r} overlap"
    for link in dashboard["links"]:
        if link["url"].removeprefix("/d/") not in other_dashboards:
            yield f"{file}: link to unknown dashboard {link['url']}"


def check_wiring(names):
    """What the compose file mounts and points at is there."""
    grafana = stack.read_yaml("docker-compose.yml")["services"]["grafana"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    provider = stack.read_yaml("grafana/provisioning/dashboards/dashboards.yml")["providers"][0]["options"]["path"]
    mounts = {volume.split(":")[1]: volume.split(":")[0] for volume in grafana["volumes"]}
    if mounts.get(provider) != "./grafana/dashboards":
        yield f"dashboards are provisioned from {provider}, where nothing is mounted"
    if home not in {f"{provider}/{name}" for name in names}:
        yield f"the home dashboard {home} does not exist"


def main():
    sources = stack.data_sources()
    dashboards = stack.dashboards()
    uids = {source["uid"] for source in sources}
    dashboard_uids = {dashboard["uid"] for dashboard in dashboards.values()}
    errors = list(check_data_sources(sources))
    if dashboard_uids != {"tailrace-app", "tailrace-agent"}:
        errors.append(f"dashboards are {dashboard_uids}")
    for file, dashboard in dashboards.items():
        errors += check_dashboard(file, dashboard, uids, dashboard_uids)
    errors += check_wiring(dashboards)
    stack.finish(errors)


if __name__ == "__main__":
    main()
