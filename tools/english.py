#!/usr/bin/env python3
"""Fails if a text for people holds a phrase that reads as translated, unless english-allowed.txt permits it.

english.py [FILE...]: the files, otherwise all that Git tracks. Checked are prose, comments, strings, and functions' names
of four words and more, which are the sentences of tests; no other code.
"""

import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = ROOT / "tools" / "english-allowed.txt"

# Each with what to write instead.
PATTERNS = [
    (r"(?<!there )(?<!there's )\b(is|are|was|were|be) no (?!longer|more|less|better|worse|different|slower|larger|earlier|later|match)[a-z]", "is not a ..."),
    (r"\banew\b", "again"),
    (r"\bbeside\b", "next to, besides"),
    (r"\b(to be|can be|could be|cannot be|was|were|is) had\b", "obtained, available"),
    (r"\blook(s|ed|ing)? (at|with)\b", "check, run"),
    (r"\b(for want of|nor need)\b", "without, and need not"),
    (
        r"(?<!thing )(?<!body )(?<!one )(?<!where )(?<!what )(?<!who )\belse\b(?!'s)(?!-)|\belse than\b",
        "otherwise, other than",
    ),
    (
        r"\bwhere (it|there|that|this|one|none|neither|both|nothing|nobody|no|another|other|a|an) "
        r"([a-z]+ )?(is|are|was|were|has|have|had|can|cannot|does|do|did|may|holds|names|says|gives)\b",
        "if, when",
    ),
    (r"\bask(s|ed|ing)? for\b", "request"),
    (r"\b(process|service|server|program|client|thread|agent|leader|library|call|token) who\b", "that, which"),
]

# Rust's and Python's functions whose names are sentences.
SENTENCE = re.compile(r"^\s*(?:pub(?:\([a-z]+\))? )?(?:async )?(?:fn|def) ([a-z0-9]+(?:_[a-z0-9]+){3,})\(")

PROSE = {".md", ".txt", ".1"}
HASH = {".sh", ".mk", ".toml", ".ps1", ".psm1", ".psd1", ".service", ".socket", ".yml", ".yaml"}
SLASH = {".rs", ".c", ".h", ".hpp", ".cpp", ".cs", ".mjs", ".js", ".ts", ".java", ".go"}
LEFT_OUT = re.compile(
    r"(^|/)(LICENSE[^/]*|english-allowed\.txt|english\.py|CONTRIBUTING\.md|Cargo\.lock|copyright|symbols\.txt|requirements[^/]*)$"
    r"|^make/packages|^fuzz/corpus|^fuzz/seeds"
)


def texts(path):
    """Yields (line number, text) of what people read in a file."""
    content = path.read_text(encoding="utf-8", errors="replace")
    suffix = path.suffix
    if suffix in (".rs", ".py"):
        for number, line in enumerate(content.splitlines(), 1):
            yield from ((number, name.replace("_", " ")) for name in SENTENCE.findall(line))
    if suffix in (".py", ".pyi"):
        yield from python_texts(content)
    elif suffix in PROSE:
        fenced = False
        for number, line in enumerate(content.splitlines(), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif not fenced:
                yield number, re.sub(r"`[^`]*`", "", line)
    elif suffix in HASH or path.name in ("Makefile",):
        block = False
        for number, line in enumerate(content.splitlines(), 1):
            block = (block or "<#" in line) and "#>" not in line
            if block:
                yield number, line
            else:
                yield from ((number, text) for text in strings_and_comment(line, "#"))
                if suffix in (".ps1", ".psm1"):
                    yield from ((number, text) for text in re.findall(r"'((?:[^']|\'\')*)'", line))
    elif suffix in SLASH:
        block = False
        for number, line in enumerate(content.splitlines(), 1):
            block = (block or "/*" in line) and "*/" not in line
            if block or line.lstrip().startswith("*"):
                yield number, line
            else:
                yield from ((number, text) for text in strings_and_comment(line, "//"))


def strings_and_comment(line, mark):
    stripped = line.strip()
    if stripped.startswith(mark):
        return [re.sub(r"`[^`]*`", "", stripped)]
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    at = re.search(r"(?<!:)" + re.escape(mark) + r"\s(.*)$", re.sub(r'"(?:[^"\\]|\\.)*"', '""', line))
    if at:
        found.append(at.group(1))
    # A string that goes on from the line before, or to the next one.
    if not found and not re.search(r"[;{}()=]|^\s*#?else\s*$", line):
        found.append(stripped)
    return found


def python_texts(content):
    try:
        for token in tokenize.generate_tokens(io.StringIO(content).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING):
                for offset, line in enumerate(token.string.splitlines()):
                    yield token.start[0] + offset, re.sub(r"`[^`]*`", "", line)
    except (tokenize.TokenError, IndentationError):
        return


def main(names):
    allowed = [line for line in ALLOWED.read_text().splitlines() if line and not line.startswith("#")]
    if not names:
        names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    found = 0
    for name in names:
        path = ROOT / name
        if not name or LEFT_OUT.search(name) or not path.is_file():
            continue
        for number, text in texts(path):
            for pattern, instead in PATTERNS:
                hit = re.search(pattern, text, re.IGNORECASE)
                if hit and not any(phrase in text for phrase in allowed):
                    found += 1
                    print(f"{name}:{number}: {hit.group(0)!r} ({instead}): {text.strip()[:110]}")
    if found:
        print(f"{found} phrases that read as translated; reword them, or add the phrase to {ALLOWED.relative_to(ROOT)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
