#!/usr/bin/env python3
"""Writes what is linked into each thing that is released: inventory.py METADATA DIRECTORY.

METADATA is `cargo metadata`'s. For each of the packages below, DIRECTORY gets PACKAGE.cdx.json, a bill of materials by
CycloneDX 1.5, and for all of them THIRD-PARTY-LICENSES.txt with the texts of the licences.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RELEASED = ("himds-ffi", "himds-cli", "himds-emulator", "himds-py", "himds")
LICENCES = ("LICENSE*", "LICENCE*", "COPYING*", "COPYRIGHT*", "NOTICE*", "UNLICENSE*")


def linked(metadata: dict[str, Any], root: str) -> list[str]:
    """Ids of a package and what it links, without what only builds or tests it."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, open_ends = {root}, [root]
    while open_ends:
        for dependency in nodes[open_ends.pop()]["deps"]:
            normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if normal and dependency["pkg"] not in found:
                found.add(dependency["pkg"])
                open_ends.append(dependency["pkg"])
    return sorted(found)


def component(package: dict[str, Any], kind: str = "library") -> dict[str, Any]:
    purl = f"pkg:cargo/{package['name']}@{package['version']}"
    licences = [{"expression": package["license"].replace("/", " OR ")}] if package["license"] else []
    return {
        "type": kind,
        "bom-ref": purl,
        "name": package["name"],
        "version": package["version"],
        "licenses": licences,
        "purl": purl,
    }


def bill(metadata: dict[str, Any], packages: dict[str, Any], root: str) -> dict[str, Any]:
    ids = linked(metadata, root)
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    ref = {one: f"pkg:cargo/{packages[one]['name']}@{packages[one]['version']}" for one in ids}
    inner = {one: sorted(ref[other] for other in nodes[one]["dependencies"] if other in ref) for one in ids}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(packages[root], "application")},
        "components": [component(packages[one]) for one in ids if one != root],
        "dependencies": [{"ref": ref[one], "dependsOn": inner[one]} for one in ids],
    }


def licence_texts(package: dict[str, Any]) -> list[str]:
    folder = Path(package["manifest_path"]).parent
    files = sorted({file for pattern in LICENCES for file in folder.glob(pattern) if file.is_file()})
    return [file.read_text(encoding="utf-8", errors="replace").strip() for file in files]


def main() -> None:
    metadata, target = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    packages = {package["id"]: package for package in metadata["packages"]}
    third_parties: set[str] = set()
    for package in packages.values():
        if package["name"] in RELEASED and package["source"] is None:
            text = json.dumps(bill(metadata, packages, package["id"]), indent=1) + "\n"
            (target / f"{package['name']}.cdx.json").write_text(text)
            third_parties.update(one for one in linked(metadata, package["id"]) if packages[one]["source"])
    # The same text is printed once, with all that are under it.
    under: dict[str, list[str]] = {}
    without = []
    for one in sorted(third_parties, key=lambda one: (packages[one]["name"], packages[one]["version"])):
        title = f"{packages[one]['name']} {packages[one]['version']} ({packages[one]['license']})"
        texts = licence_texts(packages[one])
        for text in texts:
            under.setdefault(text, []).append(title)
        if not texts:
            without.append(title)
    lines = ["What is linked into the programs and libraries of himds, with the licences it is under.", ""]
    lines += ["These name their licence and come without its text:", *without, ""] if without else []
    for text, titles in under.items():
        lines += ["=" * 80, *titles, "-" * 80, text, ""]
    (target / "THIRD-PARTY-LICENSES.txt").write_text("\n".join(lines) + "\n")
    print(f"{len(third_parties)} packages of other makers")


main()
