#!/usr/bin/env python3
"""Reads the output of `nm` for a static library for Windows, and writes the renames that `objcopy --redefine-syms` takes.

rustc has dlltool name what it imports from each DLL after a folder of this machine and of this very run
(`_head__home_me_himds_deps_rustcA1b2C3_ntdll_dll_imports_lib`). Numbers in place of folders say nothing of the machine, and
are the same each time: nothing else refers to these symbols.
"""

import re
import sys

IMPORT = re.compile(r"\b(_head_|__)(\w+_rustc\w{6})_(\w+_imports_lib(?:_iname)?)$")

folders = {}
renames = {}
for line in sys.stdin:
    if found := IMPORT.search(line):
        start, folder, end = found.groups()
        number = folders.setdefault(folder.lstrip("_"), len(folders) + 1)
        renames[found[0]] = f"{start}himds_{number}_{end}"
for old, new in renames.items():
    print(old, new)
