#!/usr/bin/env python3
"""Writes the page of who passes what: page.py RESULTS PAGE. RESULTS has CLIENT.json and CLIENT.title of each run."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

INTRODUCTION = """\
# Which rules other clients follow

Made by `make conformance` from runs of the scenarios of [tests/](../tests/README.md) through each client, by the drivers in
`tests/conformance/`. [conformance.md](conformance.md) says how to do the same with yours.

A **rule of the protocol** is one of three things: what every client must do to get a token from HIMDS or IMDS as they are
documented; whose token a program may take for its own; or that no key and no token goes to another program, machine or
file than the protocol says.

A **choice** is everything else. This project decided it, others may decide otherwise and be right, so a failed choice is a
difference and not a mistake: choices are counted apart and not listed. How often an error is repeated, whether a redirect
is followed that leads no key elsewhere, what an error's text repeats of the service's own words, which key files are
trusted beyond what Microsoft documents, and answers that neither service is documented to send, are choices.

*Skipped* is what a client has no function or option for, or says that it does not support. An outcome is a token or an
error; what an error is called is not compared. What a client does when the agent misbehaves matters less often than what
it does when all is well, and a client that refuses more than this one is safe too. Please read the sentences, not the sums.
"""


def numbers(lines: list[dict[str, Any]]) -> str:
    count = {verdict: sum(line["verdict"] == verdict for line in lines) for verdict in ("passed", "failed", "skipped")}
    if not lines or count["skipped"] == len(lines):
        return "-"
    return f"{count['passed']} of {count['passed'] + count['failed']}"


def first_line(why: str) -> str:
    """What the client said, without the call that it was and without what follows from it."""
    return why.split(": ", 2)[-1].splitlines()[0].split("; ")[0].replace("`", "'")


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows]] + [""]


def main() -> None:
    results, page = Path(sys.argv[1]), Path(sys.argv[2])
    runs: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(results.glob("*.json")):
        title, release = file.with_suffix(".title").read_text().rstrip("\n").split("\t")
        # Runners side by side finish in any order.
        lines = json.loads(file.read_text())["scenarios"]
        runs[f"{title} {release}"] = sorted(lines, key=lambda line: line["name"].split(": ")[0].lower())
    clients = list(runs)
    topics = list(dict.fromkeys(line["name"].split(": ")[0] for lines in runs.values() for line in lines))
    text = INTRODUCTION.splitlines()
    for basis, heading in (("protocol", "Rules of the protocol"), ("choice", "Choices of this project")):
        text += ["" for last in text[-1:] if last]
        text += [f"## {heading}", "", "Passed, of those that were not skipped.", ""]

        def of(client: str, topic: str | None, basis: str = basis) -> list[dict[str, Any]]:
            lines = [line for line in runs[client] if line["basis"] == basis]
            return [line for line in lines if topic is None or line["name"].split(": ")[0] == topic]

        rows = [[topic, *(numbers(of(client, topic)) for client in clients)] for topic in topics]
        rows = [row for row in rows if any(cell != "-" for cell in row[1:])]
        rows.append(["**all**", *(numbers(of(client, None)) for client in clients)])
        text += table(["topic", *clients], rows)
    text += ["## Rules of the protocol that failed", ""]
    for client in clients:
        rules: dict[str, list[str]] = defaultdict(list)
        for line in runs[client]:
            if line["verdict"] == "failed" and line["basis"] == "protocol":
                rules[line["rule"]].append(line["name"])
        text += [f"### {client}", ""]
        handshake = next((line for line in runs[client] if line["name"] == "handshake: two requests"), None)
        if handshake and handshake["verdict"] == "failed":
            text += [f"The whole handshake with HIMDS fails, and most of the rest with it: `{first_line(handshake['why'])}`.", ""]
        text += [f"- {rule} ({'; '.join(names)})" for rule, names in rules.items()] or ["None."]
        text.append("")
    page.write_text("\n".join(text).rstrip() + "\n", encoding="utf-8")
    print(f"wrote {page}: {len(clients)} clients")


main()
