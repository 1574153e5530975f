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
    "Document",
    "ManagedIdentityCredential",
    "decode_claims",
    "needs_process_of_its_own",
    "run_command",
    "__version__",
]

__version__: str

# To type checkers it is azure-core's AccessTokenInfo, for the reason that _pair.pyi gives.
@disjoint_base
class AccessToken(_AzureAccessTokenInfo):  # type: ignore[misc,unused-ignore]
    """An access token and what is known of it: what Client.token and a credential's get_token_info return.

    It cannot change, its repr shows no secret, and it cannot be pickled. Any thread may use it. If the program
    has imported azure-core, what get_token_info returns is an azure.core.credentials.AccessTokenInfo too.

    himds creates these; ``AccessToken(token)`` copies another one.
    """

    def __new__(cls, token: AccessToken) -> Self: ...  # pyright: ignore[reportInconsistentConstructor]
    @property
    def token(self) -> str:  # type: ignore[override,unused-ignore]
        """The token itself, for an ``Authorization: Bearer`` header: a secret."""
    @property
    def resource(self) -> str:
        """The resource that the token was requested for, without a trailing ``/.default``."""
    @property
    def token_type(self) -> str:  # type: ignore[override,unused-ignore]
        """The server's ``token_type``: ``Bearer``."""
    @property
    def expires_on(self) -> int:  # type: ignore[override,unused-ignore]
        """When it expires, in seconds since 1970."""
    @property
    def refresh_on(self) -> int | None:  # type: ignore[override,unused-ignore]
        """When the client starts to refresh it early, in seconds since 1970, or None.

        It is None for a token that lives less than two hours, if the server named no time.
        """
    def claims(self) -> dict[str, Any]:
        """Return the claims of the token as a new dict, **not verified**: for people to read, not for decisions.

        Never blocks. Raises ServiceError (kind ``response_invalid``) if the token is not a JWT.
        """
    def __reduce__(self) -> NoReturn: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object) -> Self: ...

@final
class CancelHandle:
    """Ends the calls that it is given to as `cancel=`, from any thread.

    One-shot: once cancelled it stays so, and a call that is given it then ends at once. Any number of calls may share
    it. It cannot be pickled.
    """

    def __new__(cls) -> Self: ...
    def cancel(self) -> None:
        """Cancel: the calls that hold this handle end at once, with CancelledError.

        Never blocks. A second time it does nothing. A signal handler written in Python may
        call it, one written in C may not.
        """
    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""

@disjoint_base
class Document:
    """What the core knows of a metadata document. himds.Metadata is the mapping over it."""
    def __new__(cls, text: str) -> Self: ...
    def _check_pointer(self, pointer: str) -> None:
        """Raise what the core raises for this JSON pointer: NotFoundError or InvalidArgumentError."""
    @property
    def json(self) -> str:
        """The document as the server sent it, without what JSON parsers refuse, such as half of a surrogate pair."""
    @property
    def subscription_id(self) -> str | None:
        """``compute.subscriptionId``."""
    @property
    def resource_group(self) -> str | None:
        """``compute.resourceGroupName``."""
    @property
    def location(self) -> str | None:
        """``compute.location``."""
    @property
    def name(self) -> str | None:
        """``compute.name``."""
    @property
    def resource_id(self) -> str | None:
        """``compute.resourceId``."""
    @property
    def vm_id(self) -> str | None:
        """``compute.vmId``."""
    @property
    def os_type(self) -> str | None:
        """``compute.osType``."""
    @property
    def environment(self) -> str | None:
        """``compute.azEnvironment``: ``AzurePublicCloud``, ``AzureUSGovernmentCloud`` and so on."""
    @property
    def tags(self) -> dict[str, str]:
        """The tags, by name: a new dict each time, empty if there are none.

        From ``compute.tagsList``. Older api-versions have only the joined text ``compute.tags`` (``"a:1;b:2"``),
        which is taken apart if that is unambiguous: each part has exactly one colon.
        """

@disjoint_base
class Client:
    """Gets tokens of this machine's managed identity, and its instance metadata.

    One client per program is enough: it caches the tokens, and any number of threads may use it at once, after
    ``fork`` too. All arguments are keywords:

    - ``source``: ``"himds"`` (Arc agent), ``"imds"`` (Azure VM), or None to choose by what is on this machine
    - ``endpoint``: the service's base URL, at a loopback address (or, for IMDS, 169.254.169.254)
    - ``token_dir``: the agent's token directory, an absolute path
    - ``client_id``, ``object_id``, ``resource_id``: a user-assigned identity; one of them at most
    - ``timeout``: seconds for a whole call, waits and retries included
    - ``connect_timeout``: seconds for connecting; by default 1 for HIMDS and 2 for IMDS
    - ``max_attempts``: how many tries a call has; a handshake of two requests is one try
    - ``user_agent``: the ``User-Agent`` to send
    - ``verify_peer``: whether a key is sent only to a process that can read it anyway; False for a relay that an
      administrator runs
    - ``wait_for_service``: how many seconds a call waits, within ``timeout``, for a service that is not running yet;
      None or 0 for not at all

    Creating a client does not block: it asks no service. Raises ConfigurationError if an argument or the
    environment names a bad or forbidden endpoint or if arguments contradict each other, InvalidArgumentError for
    a value out of range; both are ValueErrors.

    Pickled or copied, a client carries its arguments and no token.
    """

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
        verify_peer: bool = True,
        wait_for_service: float | None = None,
    ) -> None: ...
    def token(
        self,
        resource: str,
        *,
        force_refresh: bool = False,
        claims: str | None = None,
        timeout: float | None = None,
        cancel: CancelHandle | None = None,
    ) -> AccessToken:
        """Return a token for this resource, from the cache if a fresh one is there.

        Otherwise it asks the service, or waits for a thread that requests the same token: it blocks, without the GIL,
        for at most ``timeout`` seconds. Ctrl+C ends it at once, and so does ``cancel`` from another thread.

        - ``resource``: for example ``https://vault.azure.net``; a scope
          (``https://vault.azure.net/.default``) works too
        - ``force_refresh``: bypass the cache, and the service's own if it can (Arc agents from 1.66)
        - ``claims``: a claims challenge; the token is requested again, as by ``force_refresh``
        - ``timeout``: seconds over 0, instead of the client's

        Raises ClosedError, InvalidArgumentError for an unusable argument, and any Error with a ``status`` from 100
        on. What a signal handler raises meanwhile ends this call.
        """
    def peek(self, resource: str) -> AccessToken | None:
        """Return the cached token, or None. Never blocks.

        From 5 minutes before it expires a token is not found any more. Raises ClosedError.
        """
    def _cached(self, resource: str, force_refresh: bool, claims: str | None, stale: bool) -> AccessToken | None:
        """For himds.aio: the cached token; None if there is none, if another is wanted or if, unless ``stale``, it is
        due.
        """
    def _limit(self, timeout: float | None = None) -> float:
        """For himds.aio: the seconds that a call with this argument may take."""
    def metadata(
        self,
        *,
        api_version: str | None = None,
        timeout: float | None = None,
        cancel: CancelHandle | None = None,
    ) -> Metadata:
        """Request the instance metadata and return it as a Metadata.

        It is requested each time: blocks, without the GIL, for at most ``timeout`` seconds. Ctrl+C ends it at once,
        and so does ``cancel`` from another thread.

        - ``api_version``: the document's version, for example ``2021-02-01``; None for the one that himds uses
        - ``timeout``: seconds over 0, instead of the client's

        Raises ClosedError, InvalidArgumentError for an unusable argument, and any Error with a ``status`` from 100
        on; a ServiceError (kind ``response_invalid``) names the line and column of what is unusable.
        """
    def get(
        self,
        path: str,
        api_version: str | None = None,
        *,
        timeout: float | None = None,
        cancel: CancelHandle | None = None,
    ) -> Any:
        """Request another path of the metadata service, for example ``/metadata/identity/info``.

        Returns the parsed answer if that is a JSON object or array, otherwise its text. Only reads: himds sends no
        POST. It is requested each time: blocks, without the GIL, for at most ``timeout`` seconds. Ctrl+C ends it at
        once, and so does ``cancel`` from another thread.

        - ``path``: below ``/metadata/``, percent-encoded, with or without a query; not the token's
        - ``api_version``: for example ``2018-02-01``; None for the one of the instance metadata
        - ``timeout``: seconds over 0, instead of the client's

        Raises ClosedError, InvalidArgumentError for an unusable argument, and any Error with a ``status`` from 100
        on.
        """
    def get_text(
        self,
        path: str,
        api_version: str | None = None,
        *,
        timeout: float | None = None,
        cancel: CancelHandle | None = None,
    ) -> str:
        """Do the same as ``get``, and return the answer's text as the server sent it."""
    def diagnose(
        self, resource: str | None = None, *, timeout: float | None = None, cancel: CancelHandle | None = None
    ) -> dict[str, Any]:
        """Find out what is wrong on this machine and how to fix it.

        Requests a token for ``resource`` (by default ``https://management.azure.com``): blocks, without the GIL, for
        at most ``timeout`` seconds. Returns a dict:

        - ``ok``: True if there was a token
        - ``source`` (``"himds"``, ``"imds"`` or None) and ``source_reason`` (a sentence)
        - ``findings``: a list of dicts with ``name``, ``status`` (``"ok"``, ``"warning"`` or ``"failed"``),
          ``detail``, ``fix`` (``""`` if there is nothing to do) and ``elapsed_ms`` (a float)

        Problems are in the findings. Raises ClosedError, InvalidArgumentError for an unusable argument, and
        CancelledError.
        """
    def clear_cache(self) -> None:
        """Forget the cached tokens. Never blocks; a request under way is not stopped. Raises ClosedError."""
    @property
    def source(self) -> str | None:
        """The service that was chosen: ``"himds"``, ``"imds"``, or None if there is none here."""
    @property
    def source_reason(self) -> str:
        """Why that service was chosen, in a sentence."""
    @property
    def endpoint(self) -> str | None:
        """The base URL of the service, without a trailing slash; None if no service was chosen."""
    def close(self) -> None:
        """Forget the cached tokens; later calls raise ClosedError. Never blocks; a second time it does nothing."""
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
    """What Azure SDK clients take as ``credential=``, with the signature of azure.identity's class of this name.

    One credential per program is enough: it caches the tokens, and any number of threads may use it at once,
    after ``fork`` too. All arguments are keywords:

    - ``client_id``: a user-assigned identity; None for the machine's own
    - ``identity_config``: the same as a mapping, with one of ``client_id``, ``object_id`` and ``resource_id``
    - ``object_id``, ``resource_id``, ``source``, ``endpoint``, ``token_dir``, ``timeout``, ``connect_timeout``,
      ``max_attempts``, ``user_agent``, ``verify_peer``, ``wait_for_service``: as for Client
    - others of azure-identity's are ignored, unless they may name an identity

    Creating a credential does not block, and never fails because of the environment: a wrong environment is an
    error of the first call. Raises ConfigurationError for contradictions and for an identity that is not
    understood, InvalidArgumentError for a value out of range; both are ValueErrors.

    If the program has imported azure-core, what its methods return and raise is azure-core's too. Pickled or
    copied, a credential carries its arguments and no token.
    """

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
        verify_peer: bool = True,
        wait_for_service: float | None = None,
        **kwargs: Any,
    ) -> None: ...
    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> TokenPair:
        """Return the pair ``(token, expires_on)`` for one scope, as azure-core defines it; the SDK's clients call this.

        From the cache if a fresh token is there; otherwise it blocks, without the GIL, for at most the credential's
        ``timeout``. ``expires_on`` is in seconds since 1970. A non-empty ``claims`` requests the token again;
        ``tenant_id``, ``enable_cae`` and others mean nothing to a managed identity and are ignored.

        If the program has imported azure-core, the pair is an azure.core.credentials.AccessToken too, and an error a
        ClientAuthenticationError: azure-identity's CredentialUnavailableError if there is no managed identity here.
        Raises InvalidArgumentError for other than one scope, and any Error with a ``status`` from 100 on.
        """
    def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessToken:
        """Return the token for one scope with more about it than ``get_token``; the SDK's clients call this.

        Blocks and raises as ``get_token`` does; of ``options`` only ``claims`` means anything. If the program has
        imported azure-core, the token is an azure.core.credentials.AccessTokenInfo too.
        """
    def _request(self, scope: str, claims: str | None, pair: bool, timeout: float, cancel: CancelHandle) -> Any:
        """For himds.aio: request what get_token (``pair``) or get_token_info returns, until ``cancel`` ends it."""
    def _cached(self, scopes: tuple[str, ...], pair: bool, stale: bool) -> Any:
        """For himds.aio: the cached object; None if there is none or if, unless ``stale``, it is due."""
    def _limit(self) -> float:
        """For himds.aio: the seconds that a call may take."""
    def close(self) -> None:
        """Do nothing: a credential holds no connection. It may be used again, as azure-identity's may.

        Its tokens stay cached, because some libraries close a credential after each request.
        """
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

def decode_claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT as a new dict, **not verified**: for people to read, not for decisions.

    Never blocks; the text is not kept. Raises ServiceError (kind ``response_invalid``) if the text is not a JWT.
    """

def needs_process_of_its_own(arguments: Sequence[str]) -> bool:
    """Whether the command with these arguments needs a process without other threads, and this one has some.

    ``exec`` forks on Linux, and what other threads hold would stay locked in its child. Does not block.
    """

def run_command(arguments: Sequence[str]) -> int:
    """Run the command ``himds`` with the arguments after the program's name, and return its exit status.

    Blocks until it is done; meanwhile Ctrl+C ends the process with status 130. It uses the process's own standard
    streams, whatever ``sys.stdout`` was replaced with.
    """
