"""The instance metadata as a mapping."""

from __future__ import annotations

import json
from _collections_abc import Mapping

from himds._native import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Metadata(Document, Mapping):  # type: ignore[type-arg]
    """The metadata document: a mapping over all of it, and attributes for the members that programs use most.

    ``Metadata(text)`` reads a document, as the client's ``metadata()`` does; an InvalidArgumentError, which is a
    ValueError, if the text is not a JSON object. An attribute is None if the member is absent, empty or not a string,
    as most are on an Arc-enabled server. Nothing here blocks; any thread may read it.
    """

    __slots__ = ("_value",)

    def __init__(self, text: str) -> None:
        """Read a document."""
        # As the core has read it, which is what Python can read. Python's own parser keeps whole numbers of any size.
        self._value: dict[str, Any] = json.loads(self.json)

    def __getitem__(self, key: str) -> Any:
        """Return a member: ``metadata["compute"]["subscriptionId"]``; a KeyError if there is none."""
        return self._value[key]

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the members: ``compute`` and ``network``."""
        return iter(self._value)

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self._value)

    def __repr__(self) -> str:
        """Return a short form."""
        return f"Metadata(name={self.name!r}, resource_id={self.resource_id!r})"

    def pointer(self, pointer: str) -> Any:
        """Return the value at a JSON pointer (RFC 6901), for example ``/compute/tagsList/0/name``.

        ``""`` is the whole document. What it returns is a copy, the caller's own. Raises NotFoundError if the document
        has no value there, InvalidArgumentError if the text is not a JSON pointer.
        """
        self._check_pointer(pointer)
        value: Any = json.loads(self.json)
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            value = value[int(name) if isinstance(value, list) else name]
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the text."""
        return type(self), (self.json,)
