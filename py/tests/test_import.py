"""What ``import himds`` brings in, and that it is all there."""

from __future__ import annotations

import subprocess
import sys

import himds

NEW_MODULES = """
import sys
before = set(sys.modules)
import himds
print(*sorted(set(sys.modules) - before))
"""


def test_import_loads_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-I", "-c", NEW_MODULES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["himds", "himds._errors", "himds._native"]


def test_a_token_needs_no_further_import(emulator) -> None:
    code = NEW_MODULES.replace(
        "print",
        f"himds.ManagedIdentityCredential(source='himds', endpoint={emulator.himds!r}, "
        f"token_dir={emulator.token_dir!r}).get_token('https://vault.azure.net'); print",
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"himds", "himds._errors", "himds._native", "himds._pair"}


def test_all_is_there() -> None:
    for name in himds.__all__:
        assert getattr(himds, name) is not None
        assert name in dir(himds)
    assert not hasattr(himds, "nothing")


def test_version() -> None:
    from importlib.metadata import version

    assert himds.__version__ == version("himds")


def test_everything_public_is_documented() -> None:
    for name in himds.__all__:
        value = getattr(himds, name)
        if isinstance(value, type):
            assert value.__doc__, name
            for member in vars(value):
                if not member.startswith("_") and callable(getattr(value, member)):
                    assert getattr(value, member).__doc__, f"{name}.{member}"
