"""Runs the tests of `himds exec`, inside inside.sh, or with `--windows` those of windows.sh; runner.py says how."""

import sys

import runner

QUICK = ["grants", "refusals", "behaviour", "command"]
CLIENTS = ["runtimes", "clients", "examples", "package"]
WINDOWS = ["windows"]

if __name__ == "__main__":
    sys.exit(runner.main("himds exec", WINDOWS if "--windows" in sys.argv else QUICK, [] if "--windows" in sys.argv else CLIENTS))
