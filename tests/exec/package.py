"""`himds exec` as the Python package has it."""

import os

from harness import *


SITE_WITH_A_THREAD = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()\n"


def with_package():
    """A Python that has the package."""
    python = os.environ.get("HIMDS_EXEC_WHEEL")
    if not python:
        raise Skipped("a Python with the package himds not found: make test-exec-clients makes one")
    return python


@test("exec-of-a-python-package")
def from_python():
    """The package's command is the same library."""
    as_module = [with_package(), "-m", "himds", "exec"]
    token_of(run([*as_module, "--mode", "connect", "--", *curl(TOKEN_TARGET)]))
    for status in ("0", "7"):
        assert run([*as_module, "--", "sh", "-c", f"exit {status}"]).returncode == int(status)
    assert run([*as_module, "--", "sh", "-c", "kill -TERM $$"]).returncode == -15


@test("exec-of-a-python-package-with-threads")
def from_python_with_threads():
    """A module that every interpreter loads may start threads. The command is run as if there were none, by either way."""
    python, site, elsewhere = with_package(), os.path.join(work(), "site"), os.path.join(work(), "elsewhere")
    for path, text in ((f"{site}/sitecustomize.py", SITE_WITH_A_THREAD), (f"{elsewhere}/himds.py", "raise SystemExit('not the package')\n")):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    env = {"PYTHONPATH": site}
    count = [python, "-c", "import os; print(len(os.listdir('/proc/self/task')))"]
    assert run(count, env=env).stdout == "2\n", "the thread runs"
    # As the script `himds` does it: the working directory is not in its path.
    command = [python, "-c", "import sys; sys.path.remove(''); from himds.__main__ import main; sys.exit(main())", "exec"]
    token_of(run([*command, "--mode", "connect", "--", *curl(TOKEN_TARGET)], env=env, cwd=elsewhere))
    done = run([*command, "--", "sh", "-c", "echo $PYTHONPATH; cat; exit 7"], env=env, cwd=elsewhere, input="in\n")
    assert (done.returncode, done.stdout, done.stderr) == (7, f"{site}\nin\n", ""), done
    assert run([*command, "--", "sh", "-c", "kill -TERM $$"], env=env).returncode == -15
    refused = run([*command, "--nonsense", "--", "true"], env=env)
    assert refused.returncode == 125 and "unknown option --nonsense" in refused.stderr, refused
