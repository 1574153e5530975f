"""Runs the tests of `himds exec`, inside inside.sh: `run.py [NAME...]`, all of the quick ones without a name; `--clients` those
with other makers' clients; `--list` prints the names."""

import importlib
import os
import sys
import time
import traceback

import harness

QUICK = ["grants", "refusals", "behaviour", "command"]
CLIENTS = ["runtimes", "clients", "examples", "package"]


def main(arguments):
    clients = "--clients" in arguments
    names = [argument for argument in arguments if not argument.startswith("--")]
    for module in QUICK + CLIENTS if names else CLIENTS if clients else QUICK:
        importlib.import_module(module)
    if "--list" in arguments:
        print("\n".join(name for name, _ in harness.TESTS))
        return 0
    known = {name for name, _ in harness.TESTS}
    if unknown := set(names) - known:
        print(f"no test of this name: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    failed = skipped = passed = 0
    for name, function in harness.TESTS:
        if names and name not in names:
            continue
        began = time.monotonic()
        try:
            function()
        except harness.Skipped as reason:
            skipped += 1
            print(f"skipped: {reason} ({name})", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
        else:
            passed += 1
            print(f"ok {name} ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"himds exec: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed + skipped else 0


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.exit(main(sys.argv[1:]))
