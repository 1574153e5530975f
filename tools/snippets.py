#!/usr/bin/env python3
"""Keeps the snippets of the documentation equal to the examples that the tests run.

In a document, `<!-- snippet: FILE NAME -->` stands before a fenced block; in FILE, the lines between one that holds
`snippet: NAME` and one that holds `end of snippet` are what the block must show, without their common indentation.

    snippets.py --check DOCUMENT...    says what differs, exit status 1
    snippets.py --write DOCUMENT...    puts the examples' lines in
"""

import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- snippet: (\S+) (\S+) -->\n```\w*\n)(.*?)(```\n)", re.DOTALL)


def lines_of(file: str, name: str) -> str:
    text = (ROOT / file).read_text(encoding="utf-8")
    match = re.search(rf"^[^\n]*\bsnippet: {re.escape(name)}\b[^\n]*\n(.*?)^[^\n]*\bend of snippet\b", text, re.DOTALL | re.MULTILINE)
    if not match:
        sys.exit(f"{file} has no snippet {name}")
    return textwrap.dedent(match[1])


def main() -> int:
    write, differing = sys.argv[1] == "--write", 0
    for path in map(pathlib.Path, sys.argv[2:]):
        old = path.read_text(encoding="utf-8")
        new = BLOCK.sub(lambda block: block[1] + lines_of(block[2], block[3]) + block[5], old)
        if new != old and write:
            path.write_text(new, encoding="utf-8")
        elif new != old:
            print(f"{path}: a snippet differs from its example; run tools/snippets.py --write {path}")
            differing = 1
    return differing


if __name__ == "__main__":
    sys.exit(main())
