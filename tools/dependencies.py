#!/usr/bin/env python3
"""Fails if what is shipped is built from a crate that tools/dependencies.toml does not give a reason for.

dependencies.py [LIST]: compares the trees of the C library, the command and the wheel, for Linux and Windows, with the
list. A crate in the list that none of them needs any more fails as well.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "x86_64-pc-windows-msvc"]
# What is shipped, with the sections of the list that it may be built from.
SHIPPED = {
    "himds-ffi": ["library"],
    "himds-cli": ["library", "command"],
    "himds-py": ["library", "command", "wheel"],
}


def reasons(text):
    """The list, as {section: {crate: reason}}. One entry a line, so that Python needs no TOML (3.9 and 3.10 lack it)."""
    sections = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        header = re.fullmatch(r"\[([a-z]+)\]", line)
        entry = re.fullmatch(r'([A-Za-z0-9_-]+) = "([^"]+)"', line)
        if header:
            section = sections.setdefault(header[1], {})
        elif entry and sections and entry[1] not in section:
            section[entry[1]] = entry[2]
        else:
            sys.exit(f"line {number} of the list is not a section, nor a new crate with a reason: {line}")
    return sections


def tree(package, target):
    """Other people's crates that a package is built from, build-time ones included, tests not."""
    command = ["cargo", "tree", "--locked", "--package", package, "--edges", "normal,build", "--target", target]
    command += ["--prefix", "none", "--format", "{p}"]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if told.returncode != 0:
        sys.exit(f"the tree of {package} cannot be read: see cargo's words above")
    return foreign(told.stdout)


def foreign(lines):
    """The crates of `cargo tree` without those that lie in this folder: what is merely called like ours is not ours."""
    return {line.split(" ")[0] for line in lines.splitlines() if line and f" ({ROOT}/" not in line}


def differences(allowed, trees):
    """What a tree has beyond its list, and what the list has beyond all trees."""
    known = set().union(*allowed.values())
    needed = set().union(*trees.values())
    beyond = [f"{package}: {crate} is not in the list" for package in trees for crate in sorted(trees[package] - allowed[package])]
    return beyond + [f"{crate} is in the list, and nothing needs it" for crate in sorted(known - needed)]


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tools" / "dependencies.toml"
    sections = reasons(path.read_text(encoding="utf-8"))
    allowed = {package: set().union(*(sections.get(name, {}) for name in names)) for package, names in SHIPPED.items()}
    trees = {package: set() for package in SHIPPED}
    for package in SHIPPED:
        for target in TARGETS:
            trees[package] |= tree(package, target)
    found = differences(allowed, trees)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        sys.exit(f"Give each new crate a reason in {path}, or do without it.")
    print(", ".join(f"{package}: {len(crates)} crates" for package, crates in trees.items()) + ", each with a reason")


if __name__ == "__main__":
    main()
