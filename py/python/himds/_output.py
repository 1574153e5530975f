"""What the command writes: the answer to stdout, all else to stderr, nothing of either that a terminal would obey."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def prepare() -> None:
    """Make the standard streams fit for what may come."""
    if sys.stderr is None:
        # It was closed. To print and argparse None would mean stdout, and a socket might get its number.
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream, errors in ((sys.stdout, "backslashreplace"), (sys.stdin, "surrogateescape")):
        # A tag may hold any character, and a locale may know none of them; what is no text is told from text later.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def need_stdout() -> None:
    """Raise an OSError where stdout is closed: print would write nothing and say nothing."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def say(text: str) -> None:
    """Write to stderr. That nobody can read it is no other error: the exit status still tells the first."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        give_up(sys.stderr)


def give_up(stream: TextIO) -> None:
    """Lose what is still to be written, so that the interpreter does not try again and fail when it ends."""
    with suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_json(value: object) -> None:
    """Print it escaped: it is the same in every locale, and has no control code that a server sent."""
    print(json.dumps(value, indent=2))


def printable(text: str, *, lines: bool = False) -> str:
    """Escape what a terminal would obey, and what would forge a line: some of the text comes from a server.

    With ``lines``, the text is all there is and may have several.
    """
    return "".join(char if char.isprintable() or (lines and char == "\n") else repr(char)[1:-1] for char in text)


def coloured() -> bool:
    """Whether the answer goes to a terminal that shows colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
