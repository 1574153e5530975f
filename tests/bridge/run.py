"""Runs the tests of `himds bridge`, inside inside.sh; ../exec/runner.py says how."""

import os
import sys

# Behind this directory: some files there have the same names.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "exec"))

import runner

QUICK = ["grants", "traps", "refusals", "administration", "robustness", "afterwards"]
CLIENTS = ["makers", "afterwards"]

if __name__ == "__main__":
    sys.exit(runner.main("himds bridge", QUICK, CLIENTS))
