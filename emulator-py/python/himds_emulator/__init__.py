"""An emulator of Azure Arc's HIMDS and of an Azure VM's IMDS, as a process that lives as long as this object.

    with himds_emulator.Emulator() as emulator:
        subprocess.run([...], env={**os.environ, **emulator.environment})

With pytest, the fixture ``himds_emulator`` does the same.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Emulator", "EmulatorError", "OTHER_HOSTS", "program"]

#: Variables that would lead a client to another service.
OTHER_HOSTS = ("IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "MSI_ENDPOINT", "MSI_SECRET")

# A proxy that is set here must not get the emulator's requests.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class EmulatorError(Exception):
    """The emulator did not start, has ended, or refused what it was asked to do; the text says why."""


def program() -> str:
    """Path of the program: ``$HIMDS_EMULATOR``, next to this interpreter's scripts, or on ``PATH``."""
    if own := os.environ.get("HIMDS_EMULATOR"):
        return own
    name = "himds-emulator.exe" if sys.platform == "win32" else "himds-emulator"
    folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    found = shutil.which(name, path=os.pathsep.join(folders)) or shutil.which(name)
    if found is None:
        raise EmulatorError(f"{name} not found: reinstall the package himds-emulator")
    return found


class Emulator:
    """A running emulator. ``arguments`` are those of the program, such as ``["--azure"]``.

    Blocks until it accepts connections. Use it as a context manager, or call `close`; if this process dies, so
    does it. May be used from several threads.
    """

    himds_url: str
    """Base URL of HIMDS, without a slash at the end; empty if it is not served."""
    imds_url: str
    """Base URL of IMDS, likewise."""
    token_dir: Path
    """Where the key files go."""
    environment: Mapping[str, str]
    """Variables for the code under test."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        """Start it; `EmulatorError` if it cannot."""
        with tempfile.TemporaryDirectory(prefix="himds-emulator-") as scratch:
            ready = Path(scratch, "ready.json")
            command = [program(), *arguments, "--end-with-stdin", "--ready-file", str(ready)]
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                )
            except OSError as problem:
                raise EmulatorError(f"cannot start {command[0]}: {problem.strerror}") from None
            assert self._process.stdout is not None
            # It prints one line, once it accepts connections. With an argument such as --help it prints another text.
            if not self._process.stdout.readline() or not ready.exists():
                _, told = self._process.communicate()
                ended = f"it ended with {self._process.returncode} before it served anything"
                raise EmulatorError(told.strip() or ended)
            addresses: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
        self.himds_url = addresses.get("himds") or ""
        self.imds_url = addresses.get("imds") or ""
        self.token_dir = Path(addresses["token_dir"])
        self.environment = _environment(addresses)

    def fault(self, **fields: Any) -> None:
        """Change the answer to the next request that fits: ``fault(preset="throttled", count=2)``."""
        self._admin("POST", "faults", fields)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The requests seen since the last `reset`, oldest first."""
        return list(self._admin("GET", "requests"))

    @property
    def secrets(self) -> list[str]:
        """Every key and token issued so far: no output of the code under test may hold one."""
        return list(self._admin("GET", "secrets"))

    def new_tokens(self) -> None:
        """Let the services forget the tokens that they keep."""
        self._admin("POST", "clear-cache")

    def reset(self) -> None:
        """Forget faults, requests and the tokens that the services keep."""
        self._admin("DELETE", "faults")
        self._admin("DELETE", "requests")
        self.new_tokens()

    def close(self) -> None:
        """End it, and remove what it wrote. May be called twice."""
        self._process.communicate()

    def __enter__(self) -> Emulator:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()

    def __repr__(self) -> str:
        """Show the addresses."""
        return f"<himds_emulator.Emulator HIMDS at {self.himds_url or 'none'}, IMDS at {self.imds_url or 'none'}>"

    def _admin(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.himds_url or self.imds_url}/emulator/{path}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with _OPENER.open(request) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refused:
            raise EmulatorError(refused.read().decode("utf-8", "replace").strip()) from None
        except OSError as problem:
            status = self._process.poll()
            ended = "" if status is None else f"it has ended with {status}: "
            raise EmulatorError(f"the emulator does not answer: {ended}{problem}") from None
        return json.loads(text) if text else None


def _environment(addresses: Mapping[str, Any]) -> dict[str, str]:
    """What the program itself sets for a command."""
    variables = {"HIMDS_EMULATOR_TOKEN_DIR": str(addresses["token_dir"])}
    for name in ("himds", "imds", "arm", "vault", "ca_file"):
        if value := addresses.get(name):
            variables[f"HIMDS_EMULATOR_{name.upper()}"] = value
    if himds := addresses.get("himds"):
        variables["IDENTITY_ENDPOINT"] = f"{himds}/metadata/identity/oauth2/token"
        variables["IMDS_ENDPOINT"] = himds
    return variables
