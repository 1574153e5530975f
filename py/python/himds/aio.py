"""The same client and credential for asyncio. No call blocks the event loop.

A cached token is returned at once. Otherwise the blocking call runs on the loop's executor, on one thread for all the
tasks that wait for the same answer; when the last of them is cancelled, so is the request. A deadline counts from the
call, even if the executor has no thread for it. Objects may serve several event loops.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Hashable, Mapping
from copy import copy
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, TypeVar

from himds import _errors, _native
from himds._errors import Error, RequestTimeoutError
from himds._metadata import Metadata
from himds._native import AccessToken, CancelHandle
from himds._pair import TokenPair

__all__ = ["Client", "ManagedIdentityCredential"]

_T = TypeVar("_T")


class _Call:
    """A blocking call on the executor, and how many tasks wait for it."""

    __slots__ = ("begun", "cancel", "deadline", "future", "waiters")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.begun = False
        self.cancel = _native.CancelHandle()
        self.waiters = 0
        self.future: asyncio.Future[Any]

    def run(self, function: Callable[[float, CancelHandle], _T]) -> _T:
        """Make the call, on the executor's thread, in what is left of its time."""
        self.begun = True
        # Over 0, for the core to say that it is up.
        return function(max(self.deadline - monotonic(), 1e-6), self.cancel)


class _Calls:
    """The calls under way, each shared by the tasks that want the same."""

    __slots__ = ("_calls", "_of_credential")

    def __init__(self, *, of_credential: bool) -> None:
        self._calls: dict[Hashable, _Call] = {}
        self._of_credential = of_credential

    def __contains__(self, key: Hashable) -> bool:
        return (asyncio.get_running_loop(), key) in self._calls

    async def share(
        self,
        key: Hashable,
        limit: float,
        function: Callable[[float, CancelHandle], _T],
        instead: Callable[[], _T | None] = lambda: None,
    ) -> _T:
        """Wait for the call named ``key``, which is started unless it is under way, for ``limit`` seconds.

        If the executor has not begun with it by then, what ``instead`` finds will do.
        """
        deadline = monotonic() + limit
        while True:
            call = self._calls.get((asyncio.get_running_loop(), key)) or self._start(key, deadline, function)
            if not await self._ends(key, call, deadline):
                found = instead()
                if found is not None:
                    return found
                raise _errors.not_begun(limit, of_credential=self._of_credential)
            error = call.future.exception()
            if isinstance(error, RequestTimeoutError) and call.deadline < deadline:
                # It was the deadline of the task that had started the call.
                continue
            if isinstance(error, Error):
                # Each task raises one of its own, since raising adds to an exception's traceback.
                raise copy(error).with_traceback(error.__traceback__)
            result: _T = call.future.result()
            return result

    def _start(self, key: Hashable, deadline: float, function: Callable[[float, CancelHandle], _T]) -> _Call:
        loop = asyncio.get_running_loop()
        call = _Call(deadline)
        call.future = loop.run_in_executor(None, call.run, function)
        self._calls[loop, key] = call
        # A task that comes after the answer asks again; and if all waiters have gone, its error is nobody's concern.
        call.future.add_done_callback(lambda _: self._forget(loop, key, call))
        return call

    async def _ends(self, key: Hashable, call: _Call, deadline: float) -> bool:
        """Wait until the call ends, or until the time is up and the executor has not begun with it."""
        call.waiters += 1
        try:
            # Unlike awaiting the future itself, this leaves it alone if the waiting task is cancelled.
            await asyncio.wait([call.future], timeout=max(deadline - monotonic(), 0))
            if call.begun:
                # The core ends it by its own deadline, which is no later, and may still have a valid token to return.
                await asyncio.wait([call.future])
            return call.future.done()
        finally:
            call.waiters -= 1
            if call.waiters == 0 and not call.future.done():
                # A task that comes now must not join a call that is being cancelled.
                self._forget(asyncio.get_running_loop(), key, call)
                call.cancel.cancel()
                if not call.begun:
                    # Takes it off the executor's queue.
                    call.future.cancel()

    def _forget(self, loop: asyncio.AbstractEventLoop, key: Hashable, call: _Call) -> None:
        if self._calls.get((loop, key)) is call:
            del self._calls[loop, key]
        if call.future.done() and not call.future.cancelled():
            call.future.exception()


class Client:
    """himds.Client for asyncio: the same arguments, and the same methods, to be awaited.

    There is no ``cancel``: cancel the task instead.
    """

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
    ) -> None:
        """Take what himds.Client takes, and raise what it raises."""
        self._client = _native.Client(
            source=source,
            endpoint=endpoint,
            token_dir=token_dir,
            client_id=client_id,
            object_id=object_id,
            resource_id=resource_id,
            timeout=timeout,
            connect_timeout=connect_timeout,
            max_attempts=max_attempts,
            user_agent=user_agent,
            verify_peer=verify_peer,
            wait_for_service=wait_for_service,
        )
        self._calls = _Calls(of_credential=False)

    async def token(
        self, resource: str, *, force_refresh: bool = False, claims: str | None = None, timeout: float | None = None
    ) -> AccessToken:
        """Return a token for this resource, from the cache if a fresh one is there: the same as himds.Client.token."""
        limit = self._client._limit(timeout)
        key = ("token", resource, force_refresh, claims, timeout)
        # While one task requests a newer token early, the others go on with the one that is there.
        cached = self._client._cached(resource, force_refresh, claims, key in self._calls)
        if cached is not None:
            return cached

        def ask(timeout: float, cancel: CancelHandle) -> AccessToken:
            return self._client.token(
                resource, force_refresh=force_refresh, claims=claims, timeout=timeout, cancel=cancel
            )

        instead = partial(self._client._cached, resource, force_refresh, claims, True)
        return await self._calls.share(key, limit, ask, instead)

    def peek(self, resource: str) -> AccessToken | None:
        """Return the cached token, or None: the same as himds.Client.peek. Not to be awaited."""
        return self._client.peek(resource)

    async def metadata(self, *, api_version: str | None = None, timeout: float | None = None) -> Metadata:
        """Request the instance metadata: the same as himds.Client.metadata."""
        return await self._ask(partial(self._client.metadata, api_version=api_version), timeout)

    async def get(self, path: str, api_version: str | None = None, *, timeout: float | None = None) -> Any:
        """Request another path of the metadata service: the same as himds.Client.get."""
        return await self._ask(partial(self._client.get, path, api_version), timeout)

    async def get_text(self, path: str, api_version: str | None = None, *, timeout: float | None = None) -> str:
        """Request another path, and return the text: the same as himds.Client.get_text."""
        return await self._ask(partial(self._client.get_text, path, api_version), timeout)

    async def diagnose(self, resource: str | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        """Find out what is wrong on this machine and how to fix it: the same as himds.Client.diagnose."""
        return await self._ask(partial(self._client.diagnose, resource), timeout)

    async def _ask(self, call: Callable[..., _T], timeout: float | None) -> _T:
        limit = self._client._limit(timeout)
        return await self._calls.share(object(), limit, lambda left, cancel: call(timeout=left, cancel=cancel))

    def clear_cache(self) -> None:
        """Forget the cached tokens: the same as himds.Client.clear_cache. Not to be awaited."""
        self._client.clear_cache()

    @property
    def source(self) -> str | None:
        """The service that was chosen: ``"himds"``, ``"imds"``, or None if there is none here."""
        return self._client.source

    @property
    def source_reason(self) -> str:
        """Why that service was chosen, in a sentence."""
        return self._client.source_reason

    @property
    def endpoint(self) -> str | None:
        """The base URL of the service, without a trailing slash; None if no service was chosen."""
        return self._client.endpoint

    async def close(self) -> None:
        """Forget the cached tokens; later calls raise ClosedError."""
        self._client.close()

    async def __aenter__(self: _T) -> _T:
        """Return this client."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close this client."""
        await self.close()

    def __repr__(self) -> str:
        """Return the arguments."""
        return f"aio.{self._client!r}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments, never a token."""
        return _reduce(self, Client, self._client)


class ManagedIdentityCredential:
    """himds.ManagedIdentityCredential for the asynchronous Azure SDK clients: the same arguments and methods.

    If the program has imported azure-core, what its methods return and raise is azure-core's too.
    """

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
    ) -> None:
        """Take what himds.ManagedIdentityCredential takes, and raise what it raises."""
        self._credential = _native.ManagedIdentityCredential(
            client_id=client_id,
            identity_config=identity_config,
            object_id=object_id,
            resource_id=resource_id,
            source=source,
            endpoint=endpoint,
            token_dir=token_dir,
            timeout=timeout,
            connect_timeout=connect_timeout,
            max_attempts=max_attempts,
            user_agent=user_agent,
            verify_peer=verify_peer,
            wait_for_service=wait_for_service,
            **kwargs,
        )
        self._calls = _Calls(of_credential=True)

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> TokenPair:
        """Return ``(token, expires_on)``: the same as himds.ManagedIdentityCredential.get_token."""
        pair: TokenPair = await self._token(scopes, claims, pair=True)
        return pair

    async def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessToken:
        """Return the token and more: the same as himds.ManagedIdentityCredential.get_token_info."""
        token: AccessToken = await self._token(scopes, (options or {}).get("claims"), pair=False)
        return token

    async def _token(self, scopes: tuple[str, ...], claims: str | None, *, pair: bool) -> Any:
        key = (scopes, claims, pair)
        # Also if the cache is not wanted: this finds what is wrong with the scopes or the credential.
        cached = self._credential._cached(scopes, pair, key in self._calls)
        if claims is None and cached is not None:
            return cached

        def ask(timeout: float, cancel: CancelHandle) -> Any:
            return self._credential._request(scopes[0], claims, pair, timeout, cancel)

        def instead() -> Any:
            return None if claims else self._credential._cached(scopes, pair, True)

        return await self._calls.share(key, self._credential._limit(), ask, instead)

    async def close(self) -> None:
        """Do nothing: the same as himds.ManagedIdentityCredential.close."""

    async def __aenter__(self: _T) -> _T:
        """Return this credential."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Do nothing, as close does."""
        await self.close()

    def __repr__(self) -> str:
        """Return the arguments."""
        return f"aio.{self._credential!r}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments, never a token."""
        return _reduce(self, ManagedIdentityCredential, self._credential)


def _reduce(wrapper: Any, base: type[Any], native: Any) -> tuple[Any, ...]:
    (arguments,) = native.__reduce__()[1]
    attributes = {name: value for name, value in vars(wrapper).items() if name not in _OURS}
    return _restore, (type(wrapper), base, arguments), attributes


_OURS = ("_calls", "_client", "_credential")


def _restore(cls: type[_T], base: type[Any], arguments: dict[str, Any]) -> _T:
    wrapper = cls.__new__(cls)
    # That of a subclass may take other arguments.
    base.__init__(wrapper, **arguments)
    return wrapper
