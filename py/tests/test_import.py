"""What ``import himds`` brings in, and that it is all there."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


IMPORTED_AGAIN = """
import sys, himds
def failure(himds):
    try:
        himds.Client(source="himds", endpoint="http://127.0.0.1:1", max_attempts=1).token("x")
    except himds.Error as error:
        return error
assert failure(himds)
before = himds
for name in [name for name in sys.modules if name.startswith("himds")]:
    del sys.modules[name]
import himds
assert himds is not before and himds.Error is not before.Error
assert failure(himds)
client = himds.Client(source="himds", endpoint=sys.argv[1], token_dir=sys.argv[2])
assert type(client.metadata()) is himds.Metadata
credential = himds.ManagedIdentityCredential(source="himds", endpoint=sys.argv[1], token_dir=sys.argv[2])
assert type(credential.get_token("x")) is himds.TokenPair
print("fine")
"""


def test_imported_again_it_raises_its_own_errors(emulator) -> None:
    command = [sys.executable, "-c", IMPORTED_AGAIN, emulator.himds, emulator.token_dir]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr


SUBINTERPRETER = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
if sys.argv[1] == "main first":
    import himds
# One that shares the GIL, as mod_wsgi makes them: others are refused by Python itself.
legacy = ("legacy",) if sys.version_info >= (3, 13) else ()
options = {"isolated": False} if sys.version_info[:2] == (3, 12) else {}
sub = interpreters.create(*legacy, **options)
interpreters.run_string(sub, "try: import himds\\nexcept ImportError as error: print(error, flush=True)")
interpreters.destroy(sub)
import himds
try:
    himds.Client(source="himds", endpoint="http://127.0.0.1:1", max_attempts=1).token("x")
except himds.Error:
    print("caught")
"""


@pytest.mark.parametrize("order", ["main first", "main later"])
def test_a_subinterpreter_is_refused_and_told_what_to_do(order: str) -> None:
    done = subprocess.run([sys.executable, "-c", SUBINTERPRETER, order], capture_output=True, text=True, check=False)
    told, caught = done.stdout.splitlines() or [done.stderr, ""]
    assert "WSGIApplicationGroup %{GLOBAL}" in told
    assert caught == "caught"
