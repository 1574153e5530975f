"""The instance metadata as a mapping."""

from __future__ import annotations

import json
from _collections_abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from himds._native import MetadataDocument


class Metadata(Mapping):  # type: ignore[type-arg]
    """The metadata document: a mapping over all of it, and attributes for the members most asked for.

    An attribute is None where the member is absent or empty, as most are on an Arc-enabled server.
    """

    __slots__ = ("_document", "_value")

    def __init__(self, document: MetadataDocument) -> None:
        """Wrap a document; the client's ``metadata()`` does so."""
        self._document = document
        self._value: dict[str, Any] = json.loads(document.json)

    def __getitem__(self, key: str) -> Any:
        """Give a member: ``metadata["compute"]["subscriptionId"]``."""
        return self._value[key]

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the members: ``compute`` and ``network``."""
        return iter(self._value)

    def __len__(self) -> int:
        """Give the number of members."""
        return len(self._value)

    def __repr__(self) -> str:
        """Give a short form."""
        return f"Metadata(name={self.name!r}, resource_id={self.resource_id!r})"

    def pointer(self, pointer: str) -> Any:
        """Give the value at a JSON pointer (RFC 6901), for example ``/compute/tagsList/0/name``.

        Raises NotFoundError where it leads nowhere, InvalidArgumentError where it does not begin with ``/``.
        """
        return self._document.pointer(pointer)

    @property
    def json(self) -> str:
        """The document as the server sent it."""
        return self._document.json

    @property
    def subscription_id(self) -> str | None:
        """``compute.subscriptionId``."""
        return self._document.subscription_id

    @property
    def resource_group(self) -> str | None:
        """``compute.resourceGroupName``."""
        return self._document.resource_group

    @property
    def location(self) -> str | None:
        """``compute.location``."""
        return self._document.location

    @property
    def name(self) -> str | None:
        """``compute.name``."""
        return self._document.name

    @property
    def resource_id(self) -> str | None:
        """``compute.resourceId``."""
        return self._document.resource_id

    @property
    def vm_id(self) -> str | None:
        """``compute.vmId``."""
        return self._document.vm_id

    @property
    def os_type(self) -> str | None:
        """``compute.osType``."""
        return self._document.os_type

    @property
    def environment(self) -> str | None:
        """``compute.azEnvironment``: ``AzurePublicCloud``, ``AzureUSGovernmentCloud`` and so on."""
        return self._document.environment

    @property
    def tags(self) -> dict[str, str]:
        """The tags, from ``compute.tagsList``: a value may hold ``:`` and ``;``."""
        return self._document.tags
