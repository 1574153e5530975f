"""``python -m himds``."""

import sys

from himds._cli import main

if __name__ == "__main__":
    sys.exit(main())
