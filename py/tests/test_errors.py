"""The exceptions: classes, attributes, pickling, and what azure-core makes of them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import himds
from emulator import Emulator
from himds._errors import from_native

VAULT = "https://vault.azure.net"

# Number, name, class and what else it is: the table of the documentation.
KINDS = [
    (1, "invalid_argument", himds.InvalidArgumentError, ValueError),
    (2, "configuration", himds.ConfigurationError, ValueError),
    (4, "not_found", himds.NotFoundError, KeyError),
    (5, "closed", himds.ClosedError, ValueError),
    (100, "unavailable", himds.UnavailableError, ConnectionError),
    (101, "timeout", himds.RequestTimeoutError, TimeoutError),
    (102, "cancelled", himds.CancelledError, himds.Error),
    (103, "transport", himds.TransportError, ConnectionError),
    (110, "challenge_invalid", himds.ChallengeError, himds.Error),
    (111, "key_file_rejected", himds.KeyFileError, himds.Error),
    (112, "key_file_unreadable", himds.KeyFileUnreadableError, OSError),
    (113, "key_refused", himds.ChallengeError, himds.Error),
    (200, "service", himds.ServiceError, himds.Error),
    (201, "identity_not_found", himds.IdentityError, himds.ServiceError),
    (202, "identity_mismatch", himds.IdentityError, himds.ServiceError),
    (203, "throttled", himds.ThrottledError, himds.ServiceError),
    (204, "response_invalid", himds.ServiceError, himds.Error),
    (205, "not_azure", himds.UnavailableError, ConnectionError),
    (900, "internal", himds.InternalError, himds.Error),
]


@pytest.mark.parametrize(("status", "kind", "cls", "base"), KINDS)
@pytest.mark.parametrize("azure", [None, False, True])
def test_classes(status: int, kind: str, cls: type[himds.Error], base: type, azure: bool | None) -> None:
    attributes = dict.fromkeys(himds.Error.__annotations__)
    attributes.update(kind=kind, status=status, message="m", hint="h", attempts=3, elapsed=0.5, os_error=13, file="/f")
    error = from_native(attributes, azure)
    assert isinstance(error, cls)
    assert isinstance(error, base)
    assert isinstance(error, himds.Error)
    assert (error.kind, error.status, error.message, error.hint, error.attempts) == (kind, status, "m", "h", 3)
    assert str(error) == "m\nh"
    if isinstance(error, himds.KeyFileUnreadableError):
        assert (error.errno, error.filename) == (13, "/f")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert again.__dict__.items() >= attributes.items()


def test_a_real_key_file_error(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fault(key={"kind": "missing"})
    with pytest.raises(himds.KeyFileUnreadableError) as caught:
        emulator.client().token(VAULT)
    error = caught.value
    assert error.errno == 2
    assert error.filename.startswith(emulator.token_dir)
    assert error.hint
    assert error.http_status == 401
    assert isinstance(error, OSError)


def test_a_service_error_keeps_the_servers_words(emulator: Emulator) -> None:
    emulator.fault(preset="entra", on="key")
    with pytest.raises(himds.ServiceError) as caught:
        emulator.client().token("https://nowhere.example")
    error = caught.value
    assert error.http_status == 400
    assert error.error == "invalid_resource"
    assert error.error_description.startswith("AADSTS500011")
    assert error.correlation_id == "5d0e2b5a-0000-4000-8000-000000000002"
    assert error.attempts == 1
    assert error.elapsed > 0
    assert "AADSTS500011" in error.body


def test_throttled_tells_when_to_come_back(emulator: Emulator) -> None:
    emulator.fault(status=429, headers=[["Retry-After", "7"]], body="", count=0)
    with pytest.raises(himds.ThrottledError) as caught:
        emulator.client(timeout=2).token(VAULT)
    assert caught.value.retry_after == 7.0
    assert caught.value.http_status == 429


def test_nobody_listens(emulator: Emulator) -> None:
    emulator.stop()
    with pytest.raises(himds.UnavailableError) as caught:
        emulator.client().token(VAULT)
    assert caught.value.kind == "unavailable"
    assert caught.value.http_status is None
    assert caught.value.retry_after is None


def test_time_out(emulator: Emulator) -> None:
    emulator.fault(wire={"action": "hang"}, count=0)
    with pytest.raises(himds.RequestTimeoutError) as caught:
        emulator.client().token(VAULT, timeout=0.3)
    assert isinstance(caught.value, TimeoutError)


AZURE = """
import sys, himds
options = dict(source="himds", endpoint=sys.argv[1], token_dir="/", max_attempts=1)
def failure(**more):
    try:
        himds.ManagedIdentityCredential(**options, **more).get_token("https://vault.azure.net/.default")
    except himds.Error as error:
        return error
before = failure()
assert type(before) is himds.UnavailableError and "azure" not in sys.modules
import azure.core.exceptions as core
without_identity = failure()
assert isinstance(without_identity, core.ClientAuthenticationError)
assert isinstance(without_identity, himds.UnavailableError) and isinstance(without_identity, ConnectionError)
assert without_identity.message == before.message and "himds" in str(without_identity)
assert without_identity.response is None and without_identity.status_code is None
import azure.identity
assert isinstance(failure(), azure.identity.CredentialUnavailableError)
assert type(failure()) is type(failure())
try:
    himds.Client(**options).token("x")
except himds.Error as error:
    assert type(error) is himds.UnavailableError
print("fine")
"""


def test_azure_classes_are_looked_up_never_imported(emulator: Emulator) -> None:
    pytest.importorskip("azure.identity")
    emulator.stop()
    done = subprocess.run([sys.executable, "-c", AZURE, emulator.himds], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr
