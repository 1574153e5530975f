#!/usr/bin/env python3
"""The texts of a release in DIRECTORY: texts.py DIRECTORY. Sums and licences of every file, bills of materials, the note."""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from pathlib import Path

ARTEFACTS = ("*.whl", "*.tar.gz", "*.zip", "*.nupkg", "*.deb", "*.rpm", "*.crate", "npm/*.tgz", "*.cdx.json", "*.txt", "*.md")
LICENSED = ("*.whl", "*.tar.gz", "*.zip", "*.nupkg", "*.crate", "npm/*.tgz")


def names(archive: Path) -> list[str]:
    if archive.suffix in (".whl", ".zip", ".nupkg"):
        with zipfile.ZipFile(archive) as file:
            return file.namelist()
    with tarfile.open(archive) as file:
        return file.getnames()


def main() -> None:
    dist = Path(sys.argv[1])
    problems: list[str] = []
    summed = {line.split(maxsplit=1)[1].strip() for line in (dist / "SHA256SUMS").read_text().splitlines()}
    present = {path.relative_to(dist).as_posix() for pattern in ARTEFACTS for path in dist.glob(pattern)}
    problems += [f"{name} is not in SHA256SUMS" for name in sorted(present - summed)]
    problems += [f"SHA256SUMS names {name}, which is not there" for name in sorted(summed - present)]

    for archive in sorted(path for pattern in LICENSED for path in dist.glob(pattern)):
        inside = {name.rpartition("/")[2] for name in names(archive)}
        missing = {"LICENSE-MIT", "LICENSE-APACHE"} - inside
        problems += [f"{archive.name} is without {name}" for name in sorted(missing)]

    licences = (dist / "THIRD-PARTY-LICENSES.txt").read_text()
    bills = sorted(dist.glob("*.cdx.json"))
    if len(bills) < 4:
        problems.append(f"{len(bills)} bills of materials, of library, command, emulator and wheel at least")
    for file in bills:
        bill = json.loads(file.read_text())
        components = {component["bom-ref"]: component for component in bill["components"]}
        known = {*components, bill["metadata"]["component"]["bom-ref"]}
        used = {ref for one in bill["dependencies"] for ref in (one["ref"], *one["dependsOn"])}
        problems += [f"{file.name}: {ref} is not a component" for ref in sorted(used - known)]
        problems += [f"{file.name}: {ref} has no licence" for ref, one in components.items() if not one["licenses"]]
        own = ("himds", "himds-bridge", "himds-cli")
        for component in components.values():
            title = f"{component['name']} {component['version']}"
            if component["name"] not in own and title not in licences:
                problems.append(f"{file.name}: {title} is not in THIRD-PARTY-LICENSES.txt")
        print(f"{file.name}: {len(components)} components")
        # What only Windows needs is linked in there too.
        if file.name != "himds.cdx.json" and list(dist.glob("*win*")) and not any("windows" in ref for ref in components):
            problems.append(f"{file.name}: nothing of what is linked for Windows")
    if len((dist / "RELEASE-NOTE.md").read_text().splitlines()) < 3:
        problems.append("the release note is empty")
    for problem in problems:
        print(f"FAILED {problem}")
    sys.exit(bool(problems))


main()
