#!/usr/bin/env python3
"""Fails if docs/protocol.md names a scenario that does not exist. Needs Python 3.11 (tomllib)."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def scenarios():
    import tomllib

    for path in sorted((ROOT / "tests" / "scenarios").glob("*.toml")):
        for scenario in tomllib.loads(path.read_text())["scenario"]:
            if "case" not in scenario:
                yield scenario["name"]
            for case in scenario.get("case", []):
                yield f"{scenario['topic']}: {case['name']}"


def main():
    try:
        known = set(scenarios())
    except ImportError:
        print("skipped: Python 3.11 not found, so docs/protocol.md is not checked")
        return 0
    rows = [line for line in (ROOT / "docs" / "protocol.md").read_text().splitlines() if line.startswith("| ")]
    named = [name for line in rows for name in re.findall(r"`([^`]+)`", line.rsplit("|", 2)[1])]
    wrong = [name for name in named if ": " in name and name not in known]
    for name in wrong:
        print(f"docs/protocol.md: there is no scenario {name!r}")
    return 1 if wrong or len(named) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
