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
    """The HTTP status of the last answer."""
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
    """The seconds that the server asked to wait."""
    os_error: "int | None" = None
    """The operating system's error number, where one was the cause."""
    file: "str | None" = None
    """The key file or its directory, where the error is about it."""

    def __str__(self) -> str:
        """Give the message and, on a line of its own, the hint."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __repr__(self) -> str:
        """Give the class, the kind and the message."""
        return f"{type(self).__name__}({self.kind}: {self.message!r})"

    def __reduce__(self) -> "tuple[Any, ...]":
        """Pickle the attributes; a class that is azure-core's too becomes plain, as that is made where it is raised."""
        return _rebuild, (_attributes(self),)


class InvalidArgumentError(Error, ValueError):
    """An argument is unusable: an empty or over-long resource, control characters, a value out of range."""


class ConfigurationError(Error, ValueError):
    """An option or the environment names a bad or forbidden endpoint, or options contradict each other."""


class NotFoundError(Error, KeyError):
    """A JSON pointer that leads nowhere."""


class ClosedError(Error, ValueError):
    """The client or credential was closed before this call."""


class UnavailableError(Error, ConnectionError):
    """There is no managed-identity endpoint here, nobody listens on it, or another cloud's service answers."""


class RequestTimeoutError(Error, TimeoutError):
    """The deadline passed without an answer."""


class CancelledError(Error):
    """The call was cancelled through its CancelHandle."""


class TransportError(Error, ConnectionError):
    """The connection broke before the answer was complete, or the answer was too large."""


class ChallengeError(Error):
    """No usable challenge from the agent, or it refused the key that it had asked for."""


class KeyFileError(Error):
    """The key file breaks a rule on its path, type, size, mode or content."""


class KeyFileUnreadableError(KeyFileError, OSError):
    """The key file or its directory is missing, or this process may not read it; has ``errno`` and ``filename``."""


class ServiceError(Error):
    """The service answered with an error, or with something that cannot be used."""


class IdentityError(ServiceError):
    """The identity asked for is not assigned to this machine, or the answer does not confirm it."""


class ThrottledError(ServiceError):
    """The service answered 429 to the end; see ``retry_after``."""


class InternalError(Error):
    """A bug in himds, caught."""


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
    cls = _CLASSES.get(attributes["kind"], InternalError)
    error: Error
    if azure is not None and "azure.core.exceptions" in sys.modules:
        cls = _azure_class(cls, azure)
        error = cls(message=attributes["message"])  # type: ignore[call-arg]
    elif issubclass(cls, OSError) and attributes["os_error"] is not None:
        error = cls(attributes["os_error"], attributes["message"], attributes["file"])
    else:
        error = cls(attributes["message"])
    for name, value in attributes.items():
        setattr(error, name, value)
    if isinstance(error, OSError):
        error.errno = attributes["os_error"]
        error.filename = attributes["file"]
    return error


_azure_classes: "dict[tuple[type[Error], type], type[Error]]" = {}


def _azure_class(cls: "type[Error]", unavailable: bool) -> "type[Error]":
    """Give a subclass of ``cls`` that is azure-core's ClientAuthenticationError too, which is what its callers catch.

    Where ``unavailable``, it is azure-identity's CredentialUnavailableError, which makes a chain go on. Both are looked
    up among the imported modules only: who has not imported them cannot catch them.
    """
    base: Any = sys.modules["azure.core.exceptions"].ClientAuthenticationError
    if unavailable:
        base = getattr(sys.modules.get("azure.identity"), "CredentialUnavailableError", base)
    known = _azure_classes.get((cls, base))
    if known is None:

        def init(self: Error, message: str) -> None:
            base.__init__(self, message=message)

        # azure-core's initialiser comes before OSError's and the like, whose attributes are set afterwards.
        members = {
            "__init__": init,
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
        }
        known = _azure_classes[cls, base] = type(cls.__name__, (cls, base), members)
    return known


def _attributes(error: Error) -> "dict[str, Any]":
    return {name: getattr(error, name) for name in _ATTRIBUTES}


def _rebuild(attributes: "dict[str, Any]") -> Error:
    return from_native(attributes)
