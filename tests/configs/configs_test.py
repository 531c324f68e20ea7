#!/usr/bin/env python3
"""-check-syntax on configurations as charts, compose files and roles make them (good/): clean; and on broken ones
(bad.yaml): the exact problems, each with its place, the path of the key and what to do.

    configs_test.py path/to/tailrace [--record]
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
# Away from the cluster and its databases a file for it can still be checked.
CLEAN = ("finds no pods: this is no pod",)


def check(binary, path, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KUBERNETES_")}
    result = subprocess.run([binary, f"-config.file={path}", "-check-syntax", *arguments], capture_output=True,
                            text=True, env=environment, cwd=path.parent, timeout=60)
    lines = (result.stdout + result.stderr).replace(str(path), path.name).splitlines()
    return result.returncode, [line for line in lines if line.strip()]


def check_good(binary):
    for path in sorted((HERE / "good").iterdir()):
        status, lines = check(binary, path, "-config.expand-env")
        odd = [line for line in lines if not line.startswith("Valid config file!")
               and not any(text in line for text in CLEAN)]
        if status != 0 or odd:
            yield f"{path.name}: exit status {status}: {odd or lines}"


def check_bad(binary, record):
    table = HERE / "bad.yaml"
    cases = yaml.safe_load(table.read_text())
    with tempfile.TemporaryDirectory() as directory:
        for case in cases:
            path = pathlib.Path(directory) / "promtail.yaml"
            path.write_text(case["config"])
            status, lines = check(binary, path)
            if record:
                case["errors"] = lines
            elif status != 1 or lines != case["errors"]:
                yield f"exit status {status} for\n{case['config']}\n  got: {lines}\n want: {case['errors']}"
    if record:
        yaml.add_representer(str, lambda dumper, text: dumper.represent_scalar(
            "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None))
        head = table.read_text().partition("\n- ")[0]
        table.write_text(head + "\n" + yaml.dump(cases, sort_keys=False, width=10**6, allow_unicode=True))


def main():
    binary = os.path.abspath(sys.argv[1])
    errors = [*check_good(binary), *check_bad(binary, "--record" in sys.argv)]
    print("\n".join(errors) or "passed")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
