#!/usr/bin/env python3
"""Fails if a relative link in a Markdown file leads nowhere, or a page of docs/ is missing in docs/README.md.

links.py [FILE...]: the files, otherwise all that Git tracks. A link may lead to a file, a folder or a heading. Links to
other sites are not followed. In the pages about the sources, each file and folder that is named must exist.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(\s*<?([^()\s>]+(?:\([^()\s]*\)[^()\s>]*)?)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*<?(\S+?)>?\s*$")
IMAGE = re.compile(r"<(?:img|source|a)\b[^>]*?\b(?:src|srcset|href)=\"([^\"]+)\"")
# `client.rs`, `http/seams.rs`, `key_file/`
SOURCE = re.compile(r"`([\w.-]+(?:/[\w.-]+)*(?:/|\.(?:rs|py|toml|md|h|hpp)))`")
ABOUT_SOURCES = [ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "protocol.md"]
TABLE_OF_PAGES = ROOT / "docs" / "README.md"


def prose(text: str) -> list[tuple[int, str]]:
    """The numbered lines outside of code."""
    lines, fence = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        else:
            lines.append((number, re.sub(r"(`+).+?\1", "", line)))
    return lines


def anchors(path: Path) -> set[str]:
    """What GitHub calls the headings of a file, and anchors written by hand."""
    text = path.read_text(encoding="utf-8")
    found: dict[str, int] = {}
    names = set(re.findall(r"<a\s+(?:id|name)=\"([^\"]+)\"", text))
    fence = ""
    for line in text.splitlines():
        mark = re.match(r"\s*(```+|~~~+)", line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
            continue
        if mark:
            fence = mark[1]
            continue
        if heading := re.match(r"#{1,6}\s+(.*?)\s*#*$", line):
            title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
            slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            count = found.get(slug, 0)
            found[slug] = count + 1
            names.add(f"{slug}-{count}" if count else slug)
    return names


def problem(page: Path, link: str) -> str | None:
    if re.match(r"[a-z][a-z0-9+.-]*:|//", link, re.I):
        return None
    path, _, anchor = unquote(link).partition("#")
    path = path.partition("?")[0]
    target = (ROOT / path.lstrip("/") if path.startswith("/") else page.parent / path).resolve() if path else page
    if not target.exists():
        return "leads nowhere"
    if not target.is_relative_to(ROOT):
        return "leads out of the project"
    if anchor and target.suffix == ".md" and anchor not in anchors(target):
        return f"there is no heading #{anchor}"
    return None


def unknown_sources(page: Path) -> list[str]:
    """The files and folders that the page names, by the end of their path, and that the project does not have."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    known = "".join(f"/{name}\n" for name in tracked.splitlines())
    named = SOURCE.findall(page.read_text(encoding="utf-8"))
    return [name for name in named if f"/{name}" + ("" if name.endswith("/") else "\n") not in known]


def main() -> int:
    tracked = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pages = [Path(name).resolve() for name in sys.argv[1:]] or [ROOT / name for name in tracked.split()]
    problems, checked, linked = [], 0, set()
    for page in pages:
        for number, line in prose(page.read_text(encoding="utf-8")):
            links = [first or second for first, second in LINK.findall(line)] + IMAGE.findall(line)
            for link in links:
                checked += 1
                if page == TABLE_OF_PAGES:
                    linked.add((page.parent / unquote(link).partition("#")[0]).resolve())
                if why := problem(page, link):
                    problems.append(f"{page.relative_to(ROOT)}:{number}: {link}: {why}")
        if page in ABOUT_SOURCES:
            problems += [f"{page.relative_to(ROOT)}: {name}: no such source" for name in unknown_sources(page)]
    if not sys.argv[1:]:
        for page in sorted((ROOT / "docs").glob("*.md")):
            if page != TABLE_OF_PAGES and page not in linked:
                problems.append(f"docs/README.md: {page.name} is missing in the table of pages")
    print("\n".join(problems) if problems else f"{checked} links in {len(pages)} pages")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
