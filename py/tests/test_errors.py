"""The exceptions: classes, attributes, pickling, and what azure-core makes of them."""

from __future__ import annotations

import copy
import errno
import pickle
import subprocess
import sys
import types
from pathlib import Path

import pytest

import himds
from emulator import Emulator
from himds._errors import _ATTRIBUTES, from_native

VAULT = "https://vault.azure.net"

# Number, name, class and its other bases: the table of the documentation.
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
    attributes = dict.fromkeys(_ATTRIBUTES)
    attributes.update(kind=kind, status=status, message="m", hint="h", attempts=3, elapsed=0.5, os_error=13, file="/f")
    error = from_native(attributes, azure)
    for shown in (error, *copies(error)):
        assert type(shown) is type(error)
        assert isinstance(shown, cls)
        assert isinstance(shown, base)
        assert isinstance(shown, himds.Error)
        assert (shown.kind, shown.status, shown.message, shown.hint, shown.attempts) == (kind, status, "m", "h", 3)
        assert str(shown) == "m\nh"
        assert shown.__dict__.items() >= attributes.items()
        if isinstance(shown, OSError):
            assert (shown.errno, shown.strerror, shown.filename, shown.args) == (13, "m", "/f", (13, "m"))


def copies(error: BaseException) -> list[BaseException]:
    return [pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)]


class Mine(himds.ServiceError):
    def __init__(self, number: int, *, more: str) -> None:
        super().__init__(f"number {number}")
        self.more = more


class Theirs(himds.KeyFileUnreadableError): ...


@pytest.mark.parametrize(("status", "kind", "cls", "base"), KINDS)
def test_a_program_may_raise_them_itself(status: int, kind: str, cls: type[himds.Error], base: type) -> None:
    error = cls("no agent")
    assert (str(error), error.message, error.args) == ("no agent", "no agent", ("no agent",))
    # A class of two kinds is the first of them.
    assert (error.kind, error.status) == next((k, s) for s, k, c, _ in KINDS if c is cls)
    assert str(cls()) == ""
    assert str(cls("no agent", hint="Start it.")) == "no agent\nStart it."
    for other in copies(error):
        assert type(other) is cls
        assert (str(other), other.kind, other.status, other.args) == ("no agent", error.kind, error.status, error.args)


def test_a_subclass_keeps_its_class_and_attributes() -> None:
    error = Mine(5, more="m")
    assert error.kind == "service"
    for other in copies(error):
        assert type(other) is Mine
        assert (str(other), other.more) == ("number 5", "m")
    error = Theirs(errno.EACCES, "denied", "/f")
    for other in (error, *copies(error)):
        assert type(other) is Theirs
        assert (str(other), other.errno, other.strerror, other.filename) == ("denied", 13, "denied", "/f")
    with_note = himds.TransportError("broken")
    with_note.__notes__ = ["a note"]
    assert [other.__notes__ for other in copies(with_note)] == [["a note"]] * 3


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
    emulator.fault(key={"kind": "missing"})
    with pytest.raises(himds.KeyFileUnreadableError) as caught:
        emulator.credential().get_token(VAULT)
    of_credential = caught.value
    assert (of_credential.errno, of_credential.filename.rpartition("/")[0]) == (2, emulator.token_dir)
    assert of_credential.strerror == of_credential.message


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
    assert (caught.value.os_error, caught.value.errno) == (errno.ECONNREFUSED, errno.ECONNREFUSED)
    assert caught.value.filename is None


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
import copy, pickle
raised = failure()
raised.__notes__ = ["a note"]
for other in (pickle.loads(pickle.dumps(raised)), copy.copy(raised), pickle.loads(pickle.dumps(before))):
    assert type(other) is type(raised) and other.message == before.message and other.status_code is None
assert copy.deepcopy(raised).__notes__ == ["a note"]
class Within(Exception): pass
try:
    raise Within
except Within:
    # azure-core keeps the traceback of what is being handled, which cannot be pickled.
    assert type(pickle.loads(pickle.dumps(failure()))) is type(raised)
kept = pickle.dumps(raised)
modules = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("azure")}
relayed = pickle.dumps(pickle.loads(kept))
assert type(pickle.loads(kept)) is himds.UnavailableError
sys.modules.update(modules)
assert type(pickle.loads(relayed)) is type(raised)
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


@pytest.mark.parametrize("module", [None, types.ModuleType("azure.core.exceptions")])
def test_an_azure_core_that_is_only_half_imported(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, module: types.ModuleType | None
) -> None:
    emulator.stop()
    monkeypatch.setitem(sys.modules, "azure.core.exceptions", module)
    monkeypatch.setitem(sys.modules, "azure.identity", module)
    with pytest.raises(himds.UnavailableError) as caught:
        emulator.credential().get_token(VAULT)
    assert type(caught.value) is himds.UnavailableError
