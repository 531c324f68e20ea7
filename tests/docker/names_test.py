#!/usr/bin/env python3
"""Every metric and label that alerts and dashboards use is one that tailrace (or Prometheus) has.

    names_test.py                  against known_metrics.txt
    names_test.py --live URL       also: does the /metrics at URL have what the list marks with * ?
"""

import pathlib
import re
import sys
import urllib.request

import stack
from promql_names import names

TARGET_LABELS = {"job", "instance", "service"}
SUFFIXES = {"_bucket": {"le"}, "_sum": set(), "_count": set()}


def known_metrics():
    """name -> (type, labels, always there)"""
    known = {}
    for line in (pathlib.Path(__file__).parent / "known_metrics.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            known[words[0]] = (words[1], set(words[2:]) - {"*"}, "*" in words)
    return known


def labels_of(metric, known):
    """The labels of a metric as written in an expression; None if nobody has it."""
    if metric in known:
        kind, labels, _ = known[metric]
        return None if kind == "histogram" else labels
    for suffix, extra in SUFFIXES.items():
        base = metric.removesuffix(suffix)
        if base != metric and base in known and known[base][0] == "histogram":
            return known[base][1] | extra
    return None


def check(where, expression, known):
    found = names(expression)
    if not found.metrics:
        yield f"{where}: names no metric: {expression}"
    labels = set(TARGET_LABELS)
    for metric in sorted(found.metrics):
        own = labels_of(metric, known)
        if own is None:
            yield f"{where}: unknown metric {metric}"
        else:
            labels |= own
    for label in sorted(found.labels - labels - {"__name__"}):
        yield f"{where}: no metric there has a label {label}: {expression}"


def check_types(where, expression, known):
    """A rate of a gauge is wrong, and so is a counter that is shown as it is."""
    for function, metric in re.findall(r"\b(rate|increase|irate|deriv)\((\w+)", expression):
        kind = known.get(metric, ("histogram",))[0]
        if (function == "deriv") != (kind == "gauge"):
            yield f"{where}: {function}() of {metric}, which is a {kind}"


def check_live(url, known):
    with urllib.request.urlopen(url, timeout=5) as answer:
        text = answer.read().decode()
    there = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    for metric, (kind, _, always) in known.items():
        if always and metric not in there:
            yield f"{url} has no {metric}"
        match = re.search(rf"^# TYPE {metric} (\w+)", text, re.MULTILINE)
        if match and match[1] != kind:
            yield f"{url}: {metric} is a {match[1]}, not a {kind}"


def main():
    known = known_metrics()
    expressions = [(f"alert {rule['alert']}", rule["expr"]) for rule in stack.alert_rules()]
    expressions += stack.queries("prometheus")
    errors = []
    for where, expression in expressions:
        errors += check(where, expression, known)
        errors += check_types(where, expression, known)
    # The check itself: it must see what is wrong.
    mistakes = ("nobody_has_this", "up{nope='x'}", "http_request_latency_seconds",
                "rate(promtail_files_active_total[1m])")
    for wrong in mistakes:
        if not [*check("self", wrong, known), *check_types("self", wrong, known)]:
            errors.append(f"names_test.py does not see what is wrong with {wrong}")
    if len(sys.argv) == 3 and sys.argv[1] == "--live":
        errors += check_live(sys.argv[2], known)
    print(f"{len(expressions)} expressions, {len(known)} known metrics")
    stack.finish(errors)


if __name__ == "__main__":
    main()
