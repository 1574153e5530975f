"""Each public name says what it does: to ``help()``, and to an editor, which reads the stub."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import himds
import himds.aio
from himds import _native

STUB = Path(__file__).resolve().parents[1] / "python/himds/_native.pyi"


def stub_docs(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield prefix + node.name, ast.get_docstring(node)
        if isinstance(node, ast.ClassDef):
            yield from stub_docs(node.body, f"{node.name}.")


def is_public(name: str) -> bool:
    return not any(part.startswith("_") for part in name.split("."))


def test_the_stub_says_what_the_built_module_says() -> None:
    documented = 0
    for name, doc in stub_docs(ast.parse(STUB.read_text()).body):
        built: Any = _native
        for part in name.split("."):
            built = getattr(built, part)
        if is_public(name) or doc is not None:
            assert doc == inspect.cleandoc(built.__doc__), name
            documented += 1
    assert documented > 40


def members(owner: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Those that the package defines itself, and not the standard library or azure-core."""
    for cls in owner.__mro__ if isinstance(owner, type) else [owner]:
        if getattr(cls, "__module__", "himds").startswith("himds"):
            for name, member in vars(cls).items():
                yield f"{prefix}.{name}", member


PUBLIC = [name for name in himds.__all__ if name not in ("__version__", "aio")]
OBJECTS = {name: getattr(himds, name) for name in PUBLIC} | {
    f"aio.{name}": getattr(himds.aio, name) for name in himds.aio.__all__
}


@pytest.mark.parametrize("name", OBJECTS)
def test_every_public_name_is_documented(name: str) -> None:
    found = OBJECTS[name]
    assert inspect.getdoc(found), name
    if isinstance(found, type):
        for member_name, member in members(found, name):
            documented = callable(member) or isinstance(member, (property, type(himds.AccessToken.token)))
            if documented and is_public(member_name.removeprefix("aio.")):
                assert inspect.getdoc(member), member_name


@pytest.mark.parametrize("name", ["token", "metadata", "get", "get_text", "diagnose"])
def test_the_asynchronous_methods_say_what_the_others_say(name: str) -> None:
    """What may block, what it raises and what the arguments are is documented with either."""
    for cls in (himds.Client, himds.aio.Client):
        doc = inspect.getdoc(getattr(cls, name)) or ""
        assert "Raises" in doc or "same as" in doc, (cls, name)
