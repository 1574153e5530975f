"""The command ``himds``, also as ``python -m himds``. It is written in Rust, in the crate ``himds-cli``."""

import sys

from himds._native import run_command


def main() -> int:
    """Run the command with the arguments of the process, and give its exit status."""
    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
