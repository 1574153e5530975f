import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn, final

from azure.core.credentials import AccessTokenInfo as _AzureAccessTokenInfo
from typing_extensions import Self, disjoint_base

from himds._metadata import Metadata
from himds._pair import TokenPair

__all__ = [
    "AccessToken",
    "CancelHandle",
    "Client",
    "ManagedIdentityCredential",
    "decode_claims",
    "run_command",
    "__version__",
]

__version__: str

# To type checkers it is azure-core's AccessTokenInfo, for the reason that _pair.pyi gives.
@final
class AccessToken(_AzureAccessTokenInfo):  # type: ignore[misc,unused-ignore]
    @property
    def token(self) -> str: ...  # type: ignore[override,unused-ignore]
    @property
    def resource(self) -> str: ...
    @property
    def token_type(self) -> str: ...  # type: ignore[override,unused-ignore]
    @property
    def expires_on(self) -> int: ...  # type: ignore[override,unused-ignore]
    @property
    def refresh_on(self) -> int | None: ...  # type: ignore[override,unused-ignore]
    def claims(self) -> dict[str, Any]: ...
    def __reduce__(self) -> NoReturn: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object) -> Self: ...

@final
class CancelHandle:
    def __new__(cls) -> Self: ...
    def cancel(self) -> None: ...
    @property
    def cancelled(self) -> bool: ...

@disjoint_base
class Client:
    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def __init__(
        self,
        *,
        source: str | None = None,
        endpoint: str | None = None,
        token_dir: str | bytes | os.PathLike[str] | os.PathLike[bytes] | None = None,
        client_id: str | None = None,
        object_id: str | None = None,
        resource_id: str | None = None,
        timeout: float | None = 30.0,
        connect_timeout: float | None = None,
        max_attempts: int | None = 5,
        user_agent: str | None = None,
    ) -> None: ...
    def token(
        self,
        resource: str,
        *,
        force_refresh: bool = False,
        claims: str | None = None,
        timeout: float | None = None,
        cancel: CancelHandle | None = None,
    ) -> AccessToken: ...
    def peek(self, resource: str) -> AccessToken | None: ...
    def _cached(
        self, resource: str, force_refresh: bool, claims: str | None, timeout: float | None, stale: bool
    ) -> AccessToken | None: ...
    def metadata(self, *, timeout: float | None = None, cancel: CancelHandle | None = None) -> Metadata: ...
    def get(
        self,
        path: str,
        api_version: str | None = None,
        *,
        timeout: float | None = None,
        cancel: CancelHandle | None = None,
    ) -> Any: ...
    def get_text(
        self,
        path: str,
        api_version: str | None = None,
        *,
        timeout: float | None = None,
        cancel: CancelHandle | None = None,
    ) -> str: ...
    def diagnose(
        self, resource: str | None = None, *, timeout: float | None = None, cancel: CancelHandle | None = None
    ) -> dict[str, Any]: ...
    def clear_cache(self) -> None: ...
    @property
    def source(self) -> str | None: ...
    @property
    def source_reason(self) -> str: ...
    @property
    def endpoint(self) -> str | None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@disjoint_base
class ManagedIdentityCredential:
    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def __init__(
        self,
        *,
        client_id: str | None = None,
        identity_config: Mapping[str, str] | None = None,
        object_id: str | None = None,
        resource_id: str | None = None,
        source: str | None = None,
        endpoint: str | None = None,
        token_dir: str | bytes | os.PathLike[str] | os.PathLike[bytes] | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = None,
        max_attempts: int | None = None,
        user_agent: str | None = None,
        **kwargs: Any,
    ) -> None: ...
    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> TokenPair: ...
    def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessToken: ...
    def _request(self, scope: str, claims: str | None, pair: bool, cancel: CancelHandle) -> Any: ...
    def _cached(self, scopes: tuple[str, ...], pair: bool, stale: bool) -> Any: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

def decode_claims(token: str) -> dict[str, Any]: ...
def run_command(arguments: Sequence[str]) -> int:
    """Run the command ``himds`` with the arguments after the program's name, and return its exit status.

    Blocks until it is done; meanwhile Ctrl+C ends the process with status 130. It uses the process's own standard
    streams, whatever ``sys.stdout`` was replaced with.
    """
