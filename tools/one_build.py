#!/usr/bin/env python3
"""Fails if the build of these packages and another one that the tests make ask the same crate for different features: Cargo
would compile it, and all that uses it, once for each. tests/features/Cargo.toml brings them together.

one_build.py PACKAGE...
"""

from __future__ import annotations

import subprocess
import sys

# What `make demo`, the checks and the tests build besides, with what their tests and examples need.
OTHERS = [
    ["himds-emulator", "himds", "himds-ffi", "himds-py"],
    ["himds-emulator", "himds-scenarios"],
    ["himds"],
    ["himds-cli"],
    ["himds-bridge"],
    ["himds-fuzz"],
    ["himds-single-flight", "himds-fleet"],
    ["himds-header"],
    ["himds-exec-client"],
]
# Built a second time for another crate of ours alone, in a second or less.
SMALL = {"getrandom", "ppv-lite86"}


def features(packages: list[str], edges: str) -> dict[str, set[str]]:
    """The features of each crate that these packages are built from; more than one if it is also for procedural macros."""
    command = ["cargo", "tree", "--locked", "--edges", edges, "--prefix", "none", "--no-dedupe", "--format", "{p}|{f}"]
    for package in packages:
        command += ["--package", package]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if told.returncode != 0:
        sys.exit("the features cannot be read: see cargo's words above")
    found: dict[str, set[str]] = {}
    for line in told.stdout.splitlines():
        crate, _, its = line.partition("|")
        # Ours are followed by their path. They differ by what is tested.
        if "(/" not in crate:
            found.setdefault(crate.removesuffix(" (proc-macro)"), set()).add(its)
    return found


def main(first: list[str]) -> int:
    tools = features(first, "normal,build")
    status = 0
    for packages in OTHERS:
        for crate, its in features(packages, "normal,build,dev").items():
            theirs = tools.get(crate, its)
            # A crate with one set in one build and two in the other is a macro's too.
            if not (its <= theirs or theirs <= its) and crate.split()[0] not in SMALL:
                print(f"{crate}: {' / '.join(sorted(its))} for {' '.join(packages)}, {' / '.join(sorted(theirs))} for {' '.join(first)}")
                status = 1
    if status:
        print("name the features that are missing in tests/features/Cargo.toml")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
