"""The instance metadata as a mapping."""

from __future__ import annotations

import json
from _collections_abc import Mapping

from himds._errors import InvalidArgumentError, NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Metadata(Mapping):  # type: ignore[type-arg]
    """The metadata document: a mapping over all of it, and attributes for the members most asked for.

    An attribute is None where the member is absent or empty, as most are on an Arc-enabled server.
    """

    __slots__ = ("_json", "_value")

    def __init__(self, text: str) -> None:
        """Read a document, as the client's ``metadata()`` does; a ValueError where it is no JSON."""
        self._json = text
        self._value: dict[str, Any] = json.loads(text)

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

        Raises NotFoundError where it leads nowhere, InvalidArgumentError where it is no JSON pointer.
        """
        root, *steps = str.split(pointer, "/")
        if root or any(rest[:1] not in ("0", "1") for rest in pointer.split("~")[1:]):
            raise InvalidArgumentError(f"{_quoted(pointer)} is not a JSON pointer", hint=_NO_POINTER)
        # Read anew: what is given is the caller's own.
        value: Any = json.loads(self._json)
        for step in steps:
            step = step.replace("~1", "/").replace("~0", "~")
            try:
                value = value[_index(step) if isinstance(value, list) else step]
            except (LookupError, TypeError, ValueError):
                raise NotFoundError(f"the metadata has nothing at {_quoted(pointer)}", hint=_NOWHERE) from None
        return value

    @property
    def json(self) -> str:
        """The document as the server sent it."""
        return self._json

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the text."""
        return type(self), (self._json,)

    def _text(self, member: str) -> str | None:
        compute = self._value.get("compute")
        text = compute.get(member) if isinstance(compute, dict) else None
        return text if isinstance(text, str) and text else None

    @property
    def subscription_id(self) -> str | None:
        """``compute.subscriptionId``."""
        return self._text("subscriptionId")

    @property
    def resource_group(self) -> str | None:
        """``compute.resourceGroupName``."""
        return self._text("resourceGroupName")

    @property
    def location(self) -> str | None:
        """``compute.location``."""
        return self._text("location")

    @property
    def name(self) -> str | None:
        """``compute.name``."""
        return self._text("name")

    @property
    def resource_id(self) -> str | None:
        """``compute.resourceId``."""
        return self._text("resourceId")

    @property
    def vm_id(self) -> str | None:
        """``compute.vmId``."""
        return self._text("vmId")

    @property
    def os_type(self) -> str | None:
        """``compute.osType``."""
        return self._text("osType")

    @property
    def environment(self) -> str | None:
        """``compute.azEnvironment``: ``AzurePublicCloud``, ``AzureUSGovernmentCloud`` and so on."""
        return self._text("azEnvironment")

    @property
    def tags(self) -> dict[str, str]:
        """The tags, from ``compute.tagsList``: a value may hold ``:`` and ``;``."""
        compute = self._value.get("compute")
        tags = compute.get("tagsList") if isinstance(compute, dict) else None
        pairs = [(tag.get("name"), tag.get("value")) for tag in tags or () if isinstance(tag, dict)]
        return {name: value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}


# The core's words: the scenarios hold all languages to the same errors.
_NO_POINTER = (
    "A JSON pointer begins with `/`, for example /compute/subscriptionId; in a name, `~0` is `~` and `~1` is `/`."
)
_NOWHERE = "Look at the whole document for the members that this machine has; letter case matters."


def _quoted(pointer: str) -> str:
    return json.dumps(pointer, ensure_ascii=False)


def _index(step: str) -> int:
    """Give the index in a list; a ValueError where the text is none by RFC 6901: no sign, no leading zero."""
    if not (step.isascii() and step.isdigit()) or (step[0] == "0" and step != "0"):
        raise ValueError(step)
    return int(step)
