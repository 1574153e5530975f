"""The recipe for httpx, synchronous and asynchronous."""

from collections.abc import AsyncGenerator, Generator

import httpx

import himds
import himds.aio


class ManagedIdentityAuth(httpx.Auth):
    """Authorization for httpx.Client and httpx.AsyncClient alike."""

    def __init__(self, resource: str) -> None:
        """Take the resource that is called."""
        self.resource = resource
        self.client = himds.Client()
        self.async_client = himds.aio.Client()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header; if the service answers 401, once more with a new token."""
        request.headers["Authorization"] = f"Bearer {self.client.token(self.resource).token}"
        response = yield request
        if response.status_code == 401:
            token = self.client.token(self.resource, force_refresh=True)
            request.headers["Authorization"] = f"Bearer {token.token}"
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Do the same without blocking the event loop."""
        token = await self.async_client.token(self.resource)
        request.headers["Authorization"] = f"Bearer {token.token}"
        response = yield request
        if response.status_code == 401:
            token = await self.async_client.token(self.resource, force_refresh=True)
            request.headers["Authorization"] = f"Bearer {token.token}"
            yield request
