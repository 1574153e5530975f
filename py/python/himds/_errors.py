"""The exceptions. Annotations are quoted: ``from __future__ import annotations`` would cost an import."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Error(Exception):
    """Base of all errors of himds; says what went wrong and, in ``hint``, what to do about it."""

    kind: str = "internal"
    """The name of the kind, for example ``key_file_unreadable``."""
    status: int = 900
    """The kind's number, the same in every language."""
    message: str = ""
    """What happened, without the hint."""
    hint: "str | None" = None
    """What to do about it."""
    http_status: "int | None" = None
    """The HTTP status of the last answer; None if there was none."""
    error: "str | None" = None
    """The server's ``error``."""
    error_description: "str | None" = None
    """The server's ``error_description``."""
    correlation_id: "str | None" = None
    """The server's correlation id, to quote in a support request."""
    body: "str | None" = None
    """The body of the last answer, its secrets redacted."""
    attempts: int = 0
    """How many tries were made; a handshake of two requests is one."""
    elapsed: float = 0.0
    """The seconds that the call took."""
    retry_after: "float | None" = None
    """How many seconds the server told the client to wait."""
    os_error: "int | None" = None
    """The operating system's error number, if one was the cause."""
    file: "str | None" = None
    """The key file or its directory, if the error is about one of them."""
    _azure: "bool | None" = None
    # For a class that is azure-core's too: the one that it was made from.
    _plain: "type[Error] | None" = None

    def __init__(self, *args: object, hint: "str | None" = None) -> None:
        """Take the message; of an OSError also its number, message and file name, as OSError does."""
        super().__init__(*args)
        if args:
            place = 1 if isinstance(self, OSError) and len(args) > 1 else 0
            self.message = str(args[place])
        if hint:
            self.hint = hint

    def __str__(self) -> str:
        """Return the message and, on a line of its own, the hint."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __repr__(self) -> str:
        """Return the class, the kind and the message."""
        return f"{type(self).__name__}({self.kind}: {self.message!r})"

    def __reduce__(self) -> "tuple[Any, ...]":
        """Pickle class and attributes; the process that unpickles it decides whether it is azure-core's too."""
        cls, state = self._plain or type(self), dict(self.__dict__)
        if self._plain:
            # What azure-core adds may be a traceback, which cannot be pickled, and is made again.
            state = {name: state[name] for name in (*_ATTRIBUTES, "_azure", "__notes__") if name in state}
        if isinstance(self, OSError):
            state.update(errno=self.errno, strerror=self.strerror, filename=self.filename)
        return _make, (cls, self._azure, self.args), state


class InvalidArgumentError(Error, ValueError):
    """An argument is unusable: an empty or over-long resource, control characters, a value out of range."""

    kind = "invalid_argument"
    status = 1


class ConfigurationError(Error, ValueError):
    """An option or the environment names a bad or forbidden endpoint, or options contradict each other."""

    kind = "configuration"
    status = 2


class NotFoundError(Error, KeyError):
    """A JSON pointer that leads nowhere."""

    kind = "not_found"
    status = 4


class ClosedError(Error, ValueError):
    """The client or credential was closed before this call."""

    kind = "closed"
    status = 5


class UnavailableError(Error, ConnectionError):
    """There is no managed-identity endpoint here, nothing is listening there, or another cloud's service answers."""

    kind = "unavailable"
    status = 100


class RequestTimeoutError(Error, TimeoutError):
    """The deadline passed without an answer."""

    kind = "timeout"
    status = 101


class CancelledError(Error):
    """The call was cancelled through its CancelHandle."""

    kind = "cancelled"
    status = 102


class TransportError(Error, ConnectionError):
    """The connection broke before the answer was complete, or the answer was too large."""

    kind = "transport"
    status = 103


class ChallengeError(Error):
    """The agent sent no usable challenge, or refused the key that it had requested."""

    kind = "challenge_invalid"
    status = 110


class KeyFileError(Error):
    """The key file breaks a rule on its path, type, size, mode or content."""

    kind = "key_file_rejected"
    status = 111


class KeyFileUnreadableError(KeyFileError, OSError):
    """The key file or its directory is missing, or this process may not read it; has ``errno`` and ``filename``."""

    kind = "key_file_unreadable"
    status = 112


class ServiceError(Error):
    """The service answered with an error, or with something that cannot be used."""

    kind = "service"
    status = 200


class IdentityError(ServiceError):
    """The requested identity is not assigned to this machine, or the answer does not confirm it."""

    kind = "identity_not_found"
    status = 201


class ThrottledError(ServiceError):
    """The service answered 429 to the end; see ``retry_after``."""

    kind = "throttled"
    status = 203


class InternalError(Error):
    """A bug in himds, caught."""

    kind = "internal"
    status = 900


_CLASSES: "dict[str, type[Error]]" = {
    "invalid_argument": InvalidArgumentError,
    "configuration": ConfigurationError,
    "not_found": NotFoundError,
    "closed": ClosedError,
    "unavailable": UnavailableError,
    "timeout": RequestTimeoutError,
    "cancelled": CancelledError,
    "transport": TransportError,
    "challenge_invalid": ChallengeError,
    "key_file_rejected": KeyFileError,
    "key_file_unreadable": KeyFileUnreadableError,
    "key_refused": ChallengeError,
    "service": ServiceError,
    "identity_not_found": IdentityError,
    "identity_mismatch": IdentityError,
    "throttled": ThrottledError,
    "response_invalid": ServiceError,
    "not_azure": UnavailableError,
    "internal": InternalError,
}

_ATTRIBUTES = tuple(name for name in Error.__annotations__ if not name.startswith("_"))


def from_native(attributes: "dict[str, Any]", azure: "bool | None" = None) -> Error:
    """Make the exception for an error of the core.

    ``azure`` is None for a client's error; for a credential's it says whether a chain of credentials shall go on.
    """
    number, message = attributes["os_error"], attributes["message"]
    cls = _CLASSES.get(attributes["kind"], InternalError)
    of_system = issubclass(cls, OSError) and number is not None
    error = _make(cls, azure, (number, message) if of_system else (message,))
    error.__dict__.update(attributes, _azure=azure)
    if isinstance(error, OSError) and of_system:
        error.errno, error.strerror, error.filename = number, message, attributes["file"]
    return error


def not_begun(limit: float, *, of_credential: bool) -> Error:
    """Make the exception for a call that waited for a thread until its time was up."""
    attributes: dict[str, Any] = dict.fromkeys(_ATTRIBUTES)
    attributes.update(
        kind=RequestTimeoutError.kind,
        status=RequestTimeoutError.status,
        message=f"no answer within the deadline of {limit:.3f} s: the event loop's executor had no thread for the call",
        hint="Keep what blocks for long out of the loop's default executor, or give the executor more workers.",
        attempts=0,
        elapsed=limit,
    )
    return from_native(attributes, False if of_credential else None)


def _make(cls: "type[Error]", azure: "bool | None", args: "tuple[Any, ...]") -> Error:
    """Make an exception without its own ``__init__``: that of a program's subclass may take other arguments."""
    made = cls if azure is None else _azure_class(cls, azure)
    error = made.__new__(made, *args)
    if made is not cls:
        made.__init__(error, *args[-1:])
    error.args = args
    return error


_azure_classes: "dict[tuple[type[Error], type], type[Error]]" = {}


def _azure_class(cls: "type[Error]", unavailable: bool) -> "type[Error]":
    """Return a subclass of ``cls`` that is azure-core's ClientAuthenticationError too, which is what its callers catch.

    If ``unavailable``, it is azure-identity's CredentialUnavailableError, which makes a chain go on. Both are only
    searched for among the imported modules: a program that has not imported them cannot catch them. Another thread may
    still be importing them, without their classes yet.
    """
    base: Any = getattr(sys.modules.get("azure.core.exceptions"), "ClientAuthenticationError", None)
    if unavailable:
        base = getattr(sys.modules.get("azure.identity"), "CredentialUnavailableError", base)
    if not isinstance(base, type):
        return cls
    known = _azure_classes.get((cls, base))
    if known is None:

        def init(self: Error, message: object = "") -> None:
            base.__init__(self, message=message)  # type: ignore[misc]

        # azure-core's initialiser comes before OSError's and the like, whose attributes are set afterwards.
        members = {
            "__init__": init,
            "_plain": cls,
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
        }
        known = _azure_classes.setdefault((cls, base), type(cls.__name__, (cls, base), members))
    return known
