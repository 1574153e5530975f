#!/usr/bin/env python3
"""Runs a command and draws what it printed as a terminal, in SVG: picture.py FILE PROMPT COMMAND...

PROMPT is the command as a reader would type it. The command's own status does not matter, but it must print something.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path
from xml.sax.saxutils import escape

COLUMNS, SIZE, LEADING, MARGIN, BAR = 112, 13, 18, 16, 30
WIDTH = round(COLUMNS * SIZE * 0.602) + 2 * MARGIN
COLOURS = [
    (r"(\$ )", "#8b949e"),
    (r"(ok)\b(?= )", "#3fb950"),
    (r"(warning)\b", "#d29922"),
    (r"(failed)\b", "#f85149"),
    (r"( *-> )", "#58a6ff"),
    (r"(no token is available.*)", "#f85149"),
    (r"(\d\. .*|== .*)", "#58a6ff"),
]


def wrapped(line: str) -> list[str]:
    indent = re.match(r"(?:ok|warning|failed)? *(?:-> )?", line)
    after = " " * min(len(indent[0]) if indent and indent[0] else 2, 12)
    return textwrap.wrap(line, COLUMNS, subsequent_indent=after, drop_whitespace=True, break_long_words=True) or [""]


def span(line: str) -> str:
    for pattern, colour in COLOURS:
        if match := re.match(pattern, line):
            return f'<tspan fill="{colour}">{escape(match[0])}</tspan>{escape(line[match.end():])}'
    return escape(line)


def drawn(lines: list[str]) -> str:
    height = BAR + len(lines) * LEADING + 2 * MARGIN
    dots = "".join(f'<circle cx="{20 + 18 * number}" cy="15" r="5.5" fill="{colour}"/>' for number, colour in enumerate(("#ff5f56", "#ffbd2e", "#27c93f")))
    rows = "\n".join(
        f'<text x="{MARGIN}" y="{BAR + MARGIN + SIZE + number * LEADING}" xml:space="preserve">{span(line)}</text>'
        for number, line in enumerate(lines)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
{dots}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="{SIZE}" fill="#e6edf3">
{rows}
</g>
</svg>
"""


def main() -> None:
    target, prompt, *command = sys.argv[1:]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    output = ran.stdout.rstrip("\n").split("\n")
    if output == [""]:
        sys.exit(f"{prompt} printed nothing (status {ran.returncode})")
    lines = [f"$ {prompt}", *(part for line in output for part in wrapped(line.expandtabs()))]
    Path(target).write_text(drawn(lines), encoding="utf-8")
    print(f"wrote {target}: {len(lines)} lines")


main()
