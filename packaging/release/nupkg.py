#!/usr/bin/env python3
"""Packs the PowerShell module as a NuGet package, as the PowerShell Gallery takes it: nupkg.py MODULE VERSION FILE.

`Publish-PSResource -NupkgPath` sends it there; it needs neither .NET's SDK nor NuGet's program to be made.
"""

from __future__ import annotations

import os
import re
import sys
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

CONTENT_TYPES = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />
{types}
</Types>
"""
RELATIONSHIPS = """<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/Himds.nuspec" Id="manifest" />
</Relationships>
"""
NUSPEC = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd">
  <metadata>
    <id>Himds</id>
    <version>{version}</version>
    <authors>{author}</authors>
    <description>{description}</description>
    <license type="expression">MIT OR Apache-2.0</license>
    <projectUrl>https://github.com/himds/himds</projectUrl>
    <tags>PSModule PSEdition_Desktop PSEdition_Core Azure Arc HIMDS IMDS ManagedIdentity</tags>
  </metadata>
</package>
"""


def main() -> None:
    module, version, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    manifest = (module / "Himds.psd1").read_text(encoding="utf-8-sig")
    field = {name: re.search(rf"^\s*{name}\s*=\s*'([^']*)'", manifest, re.M) for name in ("Author", "Description")}
    texts = {name.lower(): escape(match[1]) if match else "himds" for name, match in field.items()}
    files = {path.relative_to(module).as_posix(): path.read_bytes() for path in sorted(module.rglob("*")) if path.is_file()}
    endings = sorted({Path(name).suffix[1:] for name in files if Path(name).suffix} | {"nuspec"})
    types = [f'  <Default Extension="{ending}" ContentType="application/octet-stream" />' for ending in endings]
    for name in files:
        if not Path(name).suffix:
            types.append(f'  <Override PartName="/{name}" ContentType="application/octet-stream" />')
    parts = {
        "_rels/.rels": RELATIONSHIPS.encode(),
        "Himds.nuspec": NUSPEC.format(version=version, **texts).encode(),
        "[Content_Types].xml": CONTENT_TYPES.format(types="\n".join(types)).encode(),
        **files,
    }
    date = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800))[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name, date), content, zipfile.ZIP_DEFLATED)
    print(f"made {target}")


main()
