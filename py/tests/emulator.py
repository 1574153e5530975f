"""Runs the project's emulator, and talks to its admin path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import himds

ROOT = Path(__file__).resolve().parents[2]
USER_ASSIGNED = {
    "client_id": "11111111-2222-3333-4444-555555555555",
    "object_id": "66666666-7777-8888-9999-aaaaaaaaaaaa",
    "resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ua",
}
CONFIG = "[[user_assigned]]\n" + "".join(f'{name} = "{value}"\n' for name, value in USER_ASSIGNED.items())

_opener = build_opener(ProxyHandler({}))


def program() -> str:
    """The emulator's program, from $HIMDS_EMULATOR or cargo's target directory."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    candidates = [os.environ.get("HIMDS_EMULATOR"), target / "debug/himds-emulator", target / "release/himds-emulator"]
    for candidate in candidates:
        if candidate and (found := shutil.which(str(candidate))):
            return found
    raise FileNotFoundError("himds-emulator: build it (cargo build -p himds-emulator) or set HIMDS_EMULATOR")


class Emulator:
    """A running emulator."""

    def __init__(self, directory: Path, config: str = CONFIG, *arguments: str, prefix: tuple[str, ...] = ()) -> None:
        ready = directory / "ready.json"
        file = directory / "emulator.toml"
        file.write_text(config)
        command = [*prefix, program(), "--config", str(file), "--ready-file", str(ready), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        # The line on stdout comes after the ports are open; the ready file right after it.
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "ready" in line, f"the emulator did not start: {line!r}"
        self.addresses: dict[str, str] = _when_written(ready)
        self.himds = self.addresses.get("himds") or ""
        self.imds = self.addresses.get("imds") or ""
        self.token_dir = self.addresses["token_dir"]

    @property
    def environment(self) -> dict[str, str]:
        """What the agent sets."""
        return {
            "IDENTITY_ENDPOINT": f"{self.himds}/metadata/identity/oauth2/token",
            "IMDS_ENDPOINT": self.himds,
        }

    def options(self, **more: Any) -> dict[str, Any]:
        """Arguments of a client or credential for this HIMDS."""
        return {"source": "himds", "endpoint": self.himds, "token_dir": self.token_dir, **more}

    def client(self, **options: Any) -> himds.Client:
        return himds.Client(**self.options(**options))

    def imds_client(self, **options: Any) -> himds.Client:
        return himds.Client(source="imds", endpoint=self.imds, **options)

    def credential(self, **options: Any) -> himds.ManagedIdentityCredential:
        return himds.ManagedIdentityCredential(**self.options(**options))

    def fault(self, **fault: Any) -> None:
        """Add a deviation from the normal behaviour."""
        self._admin("POST", "faults", fault)

    def requests(self) -> list[dict[str, Any]]:
        """The requests seen so far."""
        requests: list[dict[str, Any]] = self._admin("GET", "requests")
        return requests

    def secrets(self) -> list[str]:
        """Every key and token issued so far."""
        found = json.dumps(self._admin("GET", "secrets"))
        return [text for text in found.split('"') if len(text) > 20]

    def clear_cache(self) -> None:
        """Let the next request get a new token."""
        self._admin("POST", "clear-cache")

    def _admin(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.himds or self.imds}/emulator/{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        with _opener.open(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


class EmulatorFactory:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: list[Emulator] = []

    def __call__(self, config: str = CONFIG, *arguments: str, prefix: tuple[str, ...] = ()) -> Emulator:
        directory = self._directory / f"emulator{len(self._running)}"
        directory.mkdir()
        emulator = Emulator(directory, config, *arguments, prefix=prefix)
        self._running.append(emulator)
        return emulator

    def stop_all(self) -> None:
        for emulator in self._running:
            if emulator.process.poll() is None:
                emulator.stop()


def _when_written(file: Path) -> dict[str, Any]:
    # It is renamed into place within microseconds of the line; there is nothing to wait on but its existence.
    for _ in range(1_000_000):
        if file.exists():
            addresses: dict[str, Any] = json.loads(file.read_text())
            return addresses
    raise TimeoutError(file)
