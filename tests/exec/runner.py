"""Runs tests by the names that `harness.test` gave them, for the run.py of a directory: `run.py [NAME...]`, all of the quick ones
without a name; `--clients` those with other makers' clients; `--list` prints the names."""

import importlib
import sys
import time
import traceback

import harness


def main(subject, quick, clients):
    """Runs what the command line selects from these modules, and returns the exit status."""
    names = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    for module in dict.fromkeys(quick + clients if names else clients if "--clients" in sys.argv else quick):
        importlib.import_module(module)
    known = [name for name, _ in harness.TESTS]
    if "--list" in sys.argv:
        print("\n".join(known))
        return 0
    if unknown := set(names) - set(known):
        print(f"no test of this name: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    count = dict.fromkeys(("passed", "failed", "skipped"), 0)
    for name, function in harness.TESTS:
        if not names or name in names:
            count[outcome(name, function)] += 1
    print(f"{subject}: " + ", ".join(f"{number} {word}" for word, number in count.items()))
    return 1 if count["failed"] or not count["passed"] + count["skipped"] else 0


def outcome(name, function):
    """Runs one test and says what came of it."""
    began = time.monotonic()
    try:
        function()
    except harness.Skipped as reason:
        print(f"skipped: {reason} ({name})", flush=True)
        return "skipped"
    except Exception:
        print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
        return "failed"
    print(f"ok {name} ({time.monotonic() - began:.1f} s)", flush=True)
    return "passed"
