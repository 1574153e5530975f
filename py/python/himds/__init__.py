"""Managed-identity tokens and instance metadata on Azure Arc-enabled servers (HIMDS) and Azure VMs (IMDS).

>>> import himds
>>> client = himds.Client()
>>> token = client.token("https://vault.azure.net")      # token.token, token.expires_on, ...
>>> client.metadata().subscription_id

ManagedIdentityCredential goes wherever an Azure SDK client takes ``credential=``; himds.aio has both for asyncio.
"""

from himds._errors import (
    CancelledError,
    ChallengeError,
    ClosedError,
    ConfigurationError,
    Error,
    IdentityError,
    InternalError,
    InvalidArgumentError,
    KeyFileError,
    KeyFileUnreadableError,
    NotFoundError,
    RequestTimeoutError,
    ServiceError,
    ThrottledError,
    TransportError,
    UnavailableError,
)
from himds._native import (
    AccessToken,
    CancelHandle,
    Client,
    ManagedIdentityCredential,
    __version__,
    decode_claims,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from himds import aio
    from himds._metadata import Metadata
    from himds._pair import TokenPair

__all__ = [
    "AccessToken",
    "CancelHandle",
    "CancelledError",
    "ChallengeError",
    "Client",
    "ClosedError",
    "ConfigurationError",
    "Error",
    "IdentityError",
    "InternalError",
    "InvalidArgumentError",
    "KeyFileError",
    "KeyFileUnreadableError",
    "ManagedIdentityCredential",
    "Metadata",
    "NotFoundError",
    "RequestTimeoutError",
    "ServiceError",
    "ThrottledError",
    "TokenPair",
    "TransportError",
    "UnavailableError",
    "__version__",
    "aio",
    "decode_claims",
]

# What not every program needs: importing asyncio alone takes fifty times as long as the rest.
_LAZY = {"Metadata": "himds._metadata", "TokenPair": "himds._pair", "aio": "himds.aio"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'himds' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(_LAZY[name])
    value = module if name == "aio" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> "list[str]":
    return sorted(set(globals()) | set(__all__))
