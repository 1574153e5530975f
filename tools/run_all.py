#!/usr/bin/env python3
"""Runs make targets, all of them also if one fails, and sums up: run_all.py TARGET... [-- TARGET...]

Each list that `--` separates is a lane: its targets run one after the other, next to those of the other lanes. What a target
prints is shown as a whole when it ends.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from itertools import groupby

# Compilers run behind the tests of the other lanes, which measure time.
ENVIRONMENT = {"RUSTC_WRAPPER": "nice", **os.environ}


class Run:
    """All lanes, and what came of each target."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: set[subprocess.Popen[str]] = set()
        self.passed: list[str] = []
        self.failed: list[str] = []
        self.skipped = 0
        self.stopped = False

    def lane(self, targets: list[str]) -> None:
        for target in targets:
            self.one(target)

    def one(self, target: str) -> None:
        with self.lock:
            if self.stopped:
                return
            print(f"== make {target}", flush=True)
            # Not a session of its own: the kernel shares the processors among sessions first, whatever their niceness.
            make = subprocess.Popen(
                ["make", "--no-print-directory", target], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", env=ENVIRONMENT,
            )
            self.running.add(make)
        began = time.monotonic()
        assert make.stdout is not None
        printed = make.stdout.read()
        _, status, used = os.wait4(make.pid, 0)
        took = f"{time.monotonic() - began:.0f} s ({used.ru_utime + used.ru_stime:.0f} s of processor time)"
        with self.lock:
            self.running.discard(make)
            (self.failed if status else self.passed).append(target)
            self.skipped += len(re.findall(r"^skipped: ", printed, re.MULTILINE))
            outcome = f"FAILED after {took}" if status else f"passed in {took}"
            print(f"{printed.rstrip()}\n== make {target}: {outcome}", flush=True)

    def stop(self, number: int, _frame: object) -> None:
        self.stopped = True
        for make in list(self.running):
            # It ends what it has started.
            make.terminate()
        sys.exit(128 + number)


def main() -> int:
    lanes = [list(targets) for is_end, targets in groupby(sys.argv[1:], lambda argument: argument == "--") if not is_end]
    run = Run()
    signal.signal(signal.SIGINT, run.stop)
    signal.signal(signal.SIGTERM, run.stop)
    threads = [threading.Thread(target=run.lane, args=[targets]) for targets in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if run.skipped:
        print(f"{run.skipped} skipped because a tool is missing, each named above; `make setup` installs what Debian has")
    if run.failed:
        print(f"failed: {' '.join(run.failed)}")
    print(f"{len(run.passed)} passed, {len(run.failed)} failed, {run.skipped} skipped")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
