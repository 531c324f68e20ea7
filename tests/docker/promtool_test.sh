#!/usr/bin/env bash
# Prometheus' own tool reads the configuration, the alerts, their test cases, and every query of the dashboards.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v promtool >/dev/null; then
  echo "skipped: no promtool on PATH (Debian: the package prometheus; scripts/setup --e2e)"
  exit 77
fi
promtool check config docker/prometheus.yml
promtool check rules docker/alerts.yml
promtool test rules tests/docker/alerts_test.yml

# Dashboards have no checker; as rules their queries get one.
rules=$(mktemp)
trap 'rm -f "$rules"' EXIT
PYTHONPATH=tests/docker python3 - >"$rules" <<'P'
import stack, yaml
rules = [{"record": f"query_{number}", "expr": stack.without_variables(expression), "labels": {"where": where}}
         for number, (where, expression) in enumerate(stack.queries("prometheus"))]
assert rules
print(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
P
promtool check rules "$rules"
