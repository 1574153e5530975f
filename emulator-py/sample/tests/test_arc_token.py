from __future__ import annotations

import os
import subprocess
import sys

import himds_emulator as package
import pytest
from arc_token import Throttled, token
from himds_emulator import Emulator, EmulatorError

VAULT = "https://vault.azure.net"


def test_two_requests_for_a_token(himds_emulator: Emulator) -> None:
    secret = token(VAULT, himds_emulator.token_dir)
    assert secret in himds_emulator.secrets
    assert [request["stage"] for request in himds_emulator.requests] == ["challenge", "key"]
    assert dict(himds_emulator.requests[0]["query"])["resource"] == VAULT


def test_a_throttled_agent(himds_emulator: Emulator) -> None:
    himds_emulator.fault(preset="throttled")
    with pytest.raises(Throttled):
        token(VAULT, himds_emulator.token_dir)
    assert token(VAULT, himds_emulator.token_dir)


def test_a_challenge_that_names_another_file(himds_emulator: Emulator) -> None:
    himds_emulator.fault(on="challenge", www_authenticate=["Basic realm=/etc/passwd"])
    with pytest.raises(RuntimeError, match="outside"):
        token(VAULT, himds_emulator.token_dir)
    assert len(himds_emulator.requests) == 1


def test_nothing_is_left_of_the_tests_before(himds_emulator: Emulator) -> None:
    assert himds_emulator.requests == []
    assert token(VAULT, himds_emulator.token_dir)


def test_the_environment_is_that_of_an_arc_server(himds_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert os.environ["IMDS_ENDPOINT"] == himds_emulator.himds_url
    code = "import os; print(os.environ['IDENTITY_ENDPOINT'])"
    bare = {"SYSTEMROOT": os.environ.get("SYSTEMROOT", ""), **himds_emulator.environment}
    child = subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, text=True, check=True)
    assert child.stdout.strip().startswith(himds_emulator.himds_url)


def test_a_fault_that_does_not_exist_is_refused(himds_emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match="no_such_preset"):
        himds_emulator.fault(preset="no_such_preset")
    with pytest.raises(EmulatorError, match="unknown field `prest`, expected one of"):
        himds_emulator.fault(prest="throttled")
    with pytest.raises(EmulatorError, match=r"^status: "):
        himds_emulator.fault(status="503")


def test_arguments_that_do_not_exist_are_told() -> None:
    with pytest.raises(EmulatorError, match="--no-such-option"):
        Emulator(["--no-such-option"])
    with pytest.raises(EmulatorError, match="before it served anything"):
        Emulator(["--help"])


def test_a_program_that_cannot_be_started_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIMDS_EMULATOR", "/no/such/program")
    with pytest.raises(EmulatorError, match="cannot start /no/such/program: "):
        Emulator()


def test_an_emulator_that_has_ended_says_so() -> None:
    emulator = Emulator()
    emulator.close()
    with pytest.raises(EmulatorError, match="it has ended with 0"):
        emulator.fault(preset="throttled")
    with pytest.raises(EmulatorError, match="it has ended with 0"):
        emulator.requests  # noqa: B018


def test_it_ends_and_leaves_nothing() -> None:
    with Emulator(["--no-imds"]) as emulator:
        assert emulator.token_dir.is_dir()
        assert emulator.imds_url == ""
    assert not emulator.token_dir.exists()
    emulator.close()


def test_the_program_is_the_packages_own() -> None:
    if "HIMDS_EMULATOR" in os.environ:
        pytest.skip("HIMDS_EMULATOR names another one")
    assert os.path.dirname(package.program()) == os.path.dirname(sys.executable)
