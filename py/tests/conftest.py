"""The fixtures of all tests here."""

from conftest_shared import *  # noqa: F403
