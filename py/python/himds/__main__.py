"""``python -m himds``."""

import sys

from himds._cli import main

sys.exit(main())
