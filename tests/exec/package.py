"""`himds exec` as the Python package has it."""

import os

from harness import *


@test("exec-of-a-python-package")
def from_python():
    """The package's command is the same library. Where the interpreter runs threads, it refuses instead of forking."""
    python = os.environ.get("HIMDS_EXEC_WHEEL")
    if not python:
        raise Skipped("a Python with the package himds not found: make test-exec-clients makes one")
    as_module = [python, "-m", "himds", "exec"]
    token_of(run([*as_module, "--mode", "connect", "--", *curl(TOKEN_TARGET)]))
    for status in ("0", "7"):
        assert run([*as_module, "--", "sh", "-c", f"exit {status}"]).returncode == int(status)
    assert run([*as_module, "--", "sh", "-c", "kill -TERM $$"]).returncode == -15
    script = ("import threading, sys; from himds.__main__ import main; e = threading.Event(); t = threading.Thread(target=e.wait); t.start(); "
              "sys.argv[1:] = ['exec', '--', 'echo', 'ran']; status = main(); e.set(); sys.exit(status)")
    threads = run([python, "-c", script])
    assert (threads.returncode, threads.stdout) == (125, "") and "other threads" in threads.stderr, threads
