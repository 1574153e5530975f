"""Fixtures: an emulator of both services for each test, and an environment without any sign of Azure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from emulator import Emulator, EmulatorFactory

AZURE_VARIABLES = (
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "AZURE_CLIENT_ID",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "NO_PROXY",
    "no_proxy",
)


@pytest.fixture(autouse=True)
def _no_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in AZURE_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def start_emulator(tmp_path: Path):
    """Starts emulators with a configuration of the test's own, and ends them."""
    factory = EmulatorFactory(tmp_path)
    yield factory
    factory.stop_all()


@pytest.fixture
def emulator(start_emulator: EmulatorFactory) -> Emulator:
    """An emulator as it is without configuration, but for one user-assigned identity."""
    return start_emulator()


@pytest.fixture
def arc(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The environment that the agent gives to systemd's services."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return emulator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    isolated = [item for item in items if item.get_closest_marker("isolated")]
    reason = why_not_isolated() if isolated else None
    if reason:
        for item in isolated:
            item.add_marker(pytest.mark.skip(reason=f"skipped: {reason} not found"))


def why_not_isolated() -> str | None:
    """What is missing for a machine of a test's own, if anything."""
    if os.geteuid() != 0:
        return "root"
    for tool in ("unshare", "setpriv", "ip"):
        if not shutil.which(tool):
            return f"{tool} (apt-get install util-linux iproute2)"
    layers = "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/r && " + (
        "mount -t overlay none -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/r"
    )
    command = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", layers]
    done = subprocess.run(command, capture_output=True, check=False)
    return None if done.returncode == 0 else "namespaces with an overlay"
