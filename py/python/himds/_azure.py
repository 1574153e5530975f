"""What a credential returns to a program that has imported azure-core: objects of azure-core's own classes.

Libraries sort what they are given by ``isinstance``. azure-core is only searched for among the imported modules: a
program that has not imported it cannot ask. Another thread may still be importing it, without its classes yet.
"""

import sys

from himds import _native, _pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    _T = TypeVar("_T")


def pair(token: _native.AccessToken) -> "_pair.TokenPair | None":
    """Make an AccessToken of azure-core; None if it has no such class."""
    made = _class(_pair.TokenPair, "AccessToken")
    return None if made is None else made(token.token, token.expires_on)


def info(token: _native.AccessToken) -> "_native.AccessToken | None":
    """Make an AccessTokenInfo of azure-core; None if it has no such class, as before 1.31."""
    made = _class(_native.AccessToken, "AccessTokenInfo")
    # Not its __init__: that is azure-core's.
    return None if made is None else made.__new__(made, token)


_classes: "dict[tuple[type, type], type]" = {}


def _class(ours: "type[_T]", name: str) -> "type[_T] | None":
    theirs = getattr(sys.modules.get("azure.core.credentials"), name, None)
    if not isinstance(theirs, type):
        return None
    known = _classes.get((ours, theirs))
    if known is None:
        members = {
            "__slots__": (),
            "__module__": ours.__module__,
            "__qualname__": ours.__qualname__,
            "__doc__": ours.__doc__,
        }
        try:
            known = _classes.setdefault((ours, theirs), type(ours.__name__, (ours, theirs), members))
        except TypeError:
            # Another kind of class under that name.
            return None
    return known
