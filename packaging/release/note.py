#!/usr/bin/env python3
"""Prints the release note of a version, which is its section of the changelog: note.py VERSION CHANGELOG."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def main() -> None:
    version, changelog = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8")
    sections = re.split(r"^## ", changelog, flags=re.M)[1:]
    named = [section for section in sections if re.match(rf"\[?{re.escape(version)}\]?\b", section)]
    # Before the first release, what is not released is what will be.
    found = named or [section for section in sections if section.lower().startswith(("[unreleased]", "unreleased"))]
    if not found:
        sys.exit(f"the changelog has no section {version}")
    _, _, text = found[0].partition("\n")
    print(f"# himds {version}\n\n{text.strip()}")


main()
