#!/usr/bin/env python3
"""Runs every case of the corpus but those of differences.yaml against an agent, and prints "N of N".

    run.py --agent build/release/tailrace            what ctest does
    run.py --agent promtail --all                    the reference itself, nothing left out
    run.py --agent build/release/tailrace --only 'stage-*'

A case in differences.yaml is one where Promtail's recorded behaviour harms users; its reason stands there and in
docs/differences.md.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agent", required=True, help="the binary")
    parser.add_argument("--all", action="store_true", help="leave nothing out")
    parser.add_argument("--only", action="append", help="cases whose name matches")
    parser.add_argument("--jobs", type=int, default=4)
    arguments = parser.parse_args()

    with open(os.path.join(HERE, "differences.yaml"), encoding="utf-8") as file:
        differences = {} if arguments.all else (yaml.safe_load(file) or {})
    cases = sorted(os.listdir(os.path.join(HERE, "cases")))
    unknown = sorted(set(differences) - set(cases))
    if unknown:
        sys.exit(f"differences.yaml names cases that do not exist: {', '.join(unknown)}")

    command = [sys.executable, os.path.join(HERE, "runner.py"), "--cases", os.path.join(HERE, "cases"),
               "--jobs", str(arguments.jobs),
               "--agent", f"{shutil.which(arguments.agent) or os.path.abspath(arguments.agent)} -config.file={{config}} {{extra}}"]
    for name in arguments.only or [case for case in cases if case not in differences]:
        command += ["--only", name]
    with tempfile.TemporaryDirectory(prefix="tailrace-conformance-") as workdir:
        status = subprocess.run(command + ["--workdir", workdir]).returncode
    for name, reason in differences.items():
        print(f"left out on purpose: {name}: {reason}")
    return status


if __name__ == "__main__":
    sys.exit(main())
