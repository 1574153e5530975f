"""Holds the C# layer against the C interface: the entry points against the list of exported symbols, the signatures, the
generation and the kinds of error against the header. Then looks whether a packed module is complete.

check_abi.py [PACKED-MODULE]"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "powershell" / "Himds"
HEADER = re.sub(r"/\*.*?\*/|//[^\n]*", "", (ROOT / "include" / "himds.h").read_text(), flags=re.S)
NATIVE = (MODULE / "src" / "NativeMethods.cs").read_text()

# How each type of the header is declared in C#. A handle is freed by its raw pointer.
SCALARS = {"int32_t": "int", "uint32_t": "uint", "int64_t": "long", "uint64_t": "ulong", "size_t": "UIntPtr", "void": "void"}
HANDLES = {"options", "client", "request", "cancel", "token", "metadata", "text", "error"}

failures = []
count = 0


def check(condition, what):
    global count
    count += 1
    if not condition:
        failures.append(what)
        print("FAILED", what)


def in_csharp(declaration, frees):
    """What a parameter or a result of the header is in C#."""
    kind = re.sub(r"\b(const|struct|HIMDS_API)\b", "", declaration).strip()
    stars = kind.count("*")
    base = kind.replace("*", "").strip()
    if base == "char" and stars == 1:
        return "byte[]" if "const" in declaration else "[Out] byte[]"
    if base in SCALARS:
        return SCALARS[base] if stars == 0 else "out " + SCALARS[base]
    name = base.removeprefix("himds_")
    if name in HANDLES:
        handle = name.capitalize() + "Handle"
        if stars == 2:
            return "out " + handle
        return "IntPtr" if frees else handle
    return f"unknown: {declaration}"


def header_signatures():
    pattern = r"([A-Za-z_][\w\s]*?\**)\s*\b(himds_\w+)\s*\(([^()]*)\)\s*;"
    for result, name, arguments in re.findall(pattern, HEADER):
        frees = name.endswith("_free")
        parameters = [re.sub(r"\b\w+$", "", one.strip()) for one in arguments.split(",") if one.strip() != "void"]
        result = "IntPtr" if "*" in result else in_csharp(result, frees)
        yield name, (result, [in_csharp(one, frees) for one in parameters])


def csharp_signatures():
    for result, name, arguments in re.findall(r"internal static extern (\w+) (himds_\w+)\(([^)]*)\);", NATIVE):
        parameters = [one.strip().rsplit(" ", 1)[0] for one in arguments.split(",") if one.strip()]
        yield name, (result, parameters)


def check_interface():
    declared = dict(header_signatures())
    called = dict(csharp_signatures())
    symbols = (ROOT / "ffi-c" / "symbols.txt").read_text().split()
    check(NATIVE.count("[DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]") == len(called),
          "each entry point is declared in the same way")
    check(sorted(called) == sorted(symbols), f"entry points and symbols differ in {sorted(set(called) ^ set(symbols))}")
    for name, signature in called.items():
        check(declared.get(name) == signature, f"{name}: C# has {signature}, the header {declared.get(name)}")


def check_constants():
    generation = re.search(r"#define HIMDS_ABI_VERSION (\d+)", HEADER).group(1)
    library = (MODULE / "src" / "Library.cs").read_text()
    check(f"AbiVersion = {generation};" in library, f"the classes are of generation {generation}")
    for source in sorted((MODULE / "src").glob("*.cs")):
        check(f"namespace Himds.Abi{generation}\n" in source.read_text(), f"{source.name} is in the generation's namespace")
        check(source.read_text().count("\n") <= 400, f"{source.name} is too long")

    kinds = {name.lower() for name in re.findall(r"#define HIMDS_([A-Z_]+) \d+\b", HEADER)} - {"ok", "abi_version"}
    table = (MODULE / "Private" / "Write-HimdsError.ps1").read_text()
    mapped = set(re.findall(r"^        (\w+) += '\w+'$", table, re.M))
    # These two never come from a function of the module, or have no category of their own.
    check(kinds - mapped <= {"buffer_too_small", "internal"}, f"kinds without a category: {sorted(kinds - mapped)}")
    check(mapped <= kinds, f"categories for unknown kinds: {sorted(mapped - kinds)}")


def check_variables():
    """The classes hand over every variable that the core reads. Windows has but one environment, so its own may lack."""
    asked = set()
    for source in (ROOT / "core" / "src").rglob("*.rs"):
        code = source.read_text().split("#[cfg(test)]")[0]
        asked |= set(re.findall(r"(?:environment\.(?:get|has)|\bset)\(\"(\w+)\"\)", code))
        lists = r"PROXY_VARIABLES[^=]*= \[(.*?)\]|\[([^\]]*)\]\.iter\(\)\.filter_map\(\|name\| environment"
        for names in re.findall(lists, code):
            asked |= set(re.findall(r"\"(\w+)\"", "".join(names)))
    lists = re.findall(r"Variables =\n(.*?);", (MODULE / "src" / "ClientOptions.cs").read_text(), re.S)
    handed = set(re.findall(r"\"(\w+)\"", "".join(lists)))
    check({"IDENTITY_ENDPOINT", "HTTP_PROXY"} <= asked, "the core's variables are found")
    missing = asked - handed - {"ProgramFiles", "ProgramW6432"}
    check(not missing, f"variables that the core reads and the classes do not hand over: {sorted(missing)}")


def check_packed(packed):
    for path in sorted(MODULE.rglob("*")):
        relative = path.relative_to(MODULE)
        if path.is_file() and relative.parts[0] != "src":
            copy = packed / relative
            check(copy.is_file() and copy.read_bytes() == path.read_bytes(), f"{relative} is packed as it is")
    joined = (packed / "Himds.cs").read_text()
    check('internal const string Path = "himds";' in joined, "the loader finds the constant that it replaces")
    check(joined.count("namespace Himds.Abi") == len(list((MODULE / "src").glob("*.cs"))), "Himds.cs has every source")
    head, _, rest = joined.partition("\nnamespace ")
    check("using System;" in head and not re.search(r"^using ", rest, re.M), "Himds.cs has its using lines first")
    folders = sorted((packed / "runtimes").glob("*/native"))
    check(folders, "there is a native library")
    for folder in folders:
        files = {path.name for path in folder.iterdir()}
        check("Himds.PowerShell.dll" in files, f"{folder}: the assembly lies next to the library")
        libraries = files & {"libhimds.so", "himds.dll", "libhimds.dylib"}
        check(libraries, f"{folder}: the library")
        for place in (ROOT, os.environ.get("CARGO_HOME") or Path.home() / ".cargo"):
            named = [name for name in libraries if f"{place}/".encode() in (folder / name).read_bytes()]
            check(not named, f"{folder}: {named} names {place}, the machine that built it")


check_interface()
check_constants()
check_variables()
if len(sys.argv) > 1:
    check_packed(Path(sys.argv[1]))
print(f"interface: {count - len(failures)} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
