"""The command ``himds``, also as ``python -m himds``. It is written in Rust, in the crate ``himds-cli``."""

import contextlib
import os
import sys

from himds._native import needs_process_of_its_own, run_command

# Without ``site``, and so without the modules that an installation loads into every interpreter.
FRESH = """\
import sys
sys.path[:] = [sys.argv.pop(1), *filter(None, sys.path)]
from himds._native import run_command
sys.exit(run_command(sys.argv[1:]))
"""


def main() -> int:
    """Run the command with the arguments of the process, and give its exit status.

    If the process has other threads, ``exec`` takes its place with a fresh interpreter, and this does not return.
    """
    arguments = sys.argv[1:]
    if sys.executable and needs_process_of_its_own(arguments):
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        isolated = ["-I"] if sys.flags.isolated else ["-E"] if sys.flags.ignore_environment else []
        command = [sys.executable, *isolated, "-S", "-c", FRESH, package, *arguments]
        # This very interpreter, even if this user may not search the way to it. Otherwise exec says why it refuses.
        with contextlib.suppress(OSError):
            os.execv("/proc/self/exe", command)  # noqa: S606
    return run_command(arguments)


if __name__ == "__main__":
    sys.exit(main())
