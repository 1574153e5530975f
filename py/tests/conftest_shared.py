"""Fixtures: an emulator of both services for each test, and an environment without any sign of Azure."""

from __future__ import annotations

import os
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
    if os.geteuid() != 0:
        for item in items:
            if item.get_closest_marker("isolated"):
                item.add_marker(pytest.mark.skip(reason="skipped: root not found"))
