"""The fixtures of all tests here."""

import signal

from conftest_shared import *  # noqa: F403

# A job in the background of a shell is started with SIGINT ignored, and so would be the processes that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
