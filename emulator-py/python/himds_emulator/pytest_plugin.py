"""The fixture ``himds_emulator``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from himds_emulator import OTHER_HOSTS, Emulator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of the configuration file."""
    parser.addini("himds_emulator_args", "arguments of himds-emulator, such as --azure", type="args", default=[])


@pytest.fixture(scope="session")
def himds_emulator_session(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """The one emulator of the session, with whatever the tests before left in it; for fixtures of a wider scope."""
    with Emulator(pytestconfig.getini("himds_emulator_args")) as emulator:
        yield emulator


@pytest.fixture
def himds_emulator(himds_emulator_session: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An emulator without faults and requests, and its variables in the environment until the test ends."""
    himds_emulator_session.reset()
    for name in OTHER_HOSTS:
        monkeypatch.delenv(name, raising=False)
    for name, value in himds_emulator_session.environment.items():
        monkeypatch.setenv(name, value)
    return himds_emulator_session
