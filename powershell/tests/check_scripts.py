"""Checks the PowerShell scripts without PowerShell: syntax, what Windows PowerShell 5.1 knows, exports, help,
manifest. Needs tree-sitter and tree-sitter-pwsh; run.sh puts them into a virtual environment of its own."""

import re
import sys
import xml.etree.ElementTree
from pathlib import Path

import tree_sitter_pwsh
from tree_sitter import Language, Parser

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "powershell" / "Himds"
PUBLIC = sorted((MODULE / "Public").glob("*.ps1"))
PRIVATE = sorted((MODULE / "Private").glob("*.ps1"))
SHIPPED = [*PUBLIC, *PRIVATE, MODULE / "Himds.psm1", MODULE / "Himds.psd1"]
TESTS = sorted((ROOT / "powershell" / "tests").glob("*.ps*1"))
EXAMPLES = sorted((ROOT / "examples" / "powershell").glob("*.ps1"))

# Nodes of the grammar that only PowerShell 7 understands.
NEWER = {"null_coalesce_expression": "??", "ternary_expression": "a ternary", "pipeline_chain_tail": "&& or ||"}
VERBS = {"Get", "Test", "Clear", "Import", "Wait", "Write", "ConvertFrom", "ConvertTo", "Receive", "Protect"}
AUTOMATIC = {"args", "error", "event", "foreach", "home", "host", "input", "iscoreclr", "islinux", "ismacos", "iswindows",
             "matches", "myinvocation", "pid", "profile", "psboundparameters", "pscmdlet", "psitem", "psscriptroot",
             "psversiontable", "pwd", "sender", "stacktrace", "this", "true", "false", "_"}
COMMON = {"ClientId", "Endpoint", "ObjectId", "ResourceId", "Source", "TimeoutSec", "TokenDirectory",
          "WaitForServiceSec"}
PARAMETERS = {
    "Clear-HimdsCache": set(),
    "Get-HimdsClaim": {"Resource", "Token"},
    "Get-HimdsMetadata": {"Path", "Raw"},
    "Get-HimdsSource": set(),
    "Get-HimdsToken": {"AsHeader", "AsPlainText", "ForceRefresh", "Resource"},
    "Test-Himds": {"Quiet"},
}

# Cmdlets that Windows PowerShell 5.1 has and that need no module but its own.
CMDLETS = {"Add-Type", "Compare-Object", "ConvertFrom-Json", "Export-ModuleMember", "Get-Item", "Get-TypeData", "Resolve-Path",
           "Set-StrictMode", "Update-TypeData", "Write-Error", "Write-Verbose"}
BUILT_IN = {"erroraction", "errorvariable", "verbose", "debug", "whatif", "confirm", "outvariable", "warningaction"}

parser = Parser(Language(tree_sitter_pwsh.language()))
failures = []
count = 0


def check(condition, what):
    global count
    count += 1
    if not condition:
        failures.append(what)
        print("FAILED", what)


def walk(node):
    yield node
    for child in node.children:
        yield from walk(child)


def text(node):
    return node.text.decode()


def check_syntax(path):
    name = path.relative_to(ROOT)
    source = path.read_bytes()
    check(source.isascii(), f"{name}: other characters than ASCII, which 5.1 reads in the wrong encoding")
    check(source.endswith(b"\n") and b"\r" not in source, f"{name}: line ends")
    check(not re.search(rb"[ \t]$", source, re.M), f"{name}: white space at the end of a line")
    nodes = list(walk(parser.parse(source).root_node))
    wrong = [node for node in nodes if node.type == "ERROR" or node.is_missing]
    check(not wrong, f"{name}: syntax at line {[node.start_point[0] + 1 for node in wrong]}")
    for node in nodes:
        line = f"{name}:{node.start_point[0] + 1}"
        if node.type in NEWER:
            check(False, f"{line}: {NEWER[node.type]}, which 5.1 does not know")
        if node.type == "block_name" and text(node).strip().lower() == "clean":
            check(False, f"{line}: clean {{}}, which 5.1 does not know")
        if node.type == "assignment_operator":
            check("??" not in text(node), f"{line}: ??=, which 5.1 does not know")
        if node.type == "command_parameter" and text(node).lower() == "-parallel":
            check(path in TESTS, f"{line}: -Parallel, which 5.1 does not know")
        if node.type == "left_assignment_expression":
            target = text(node).strip().lstrip("$").lower()
            check(target not in AUTOMATIC, f"{line}: assigns the automatic variable ${target}")
        if node.type == "comparison_expression":
            check(not re.search(r"-(eq|ne)\s+\$null$", text(node), re.I), f"{line}: $null belongs on the left")
        if node.type in ("expandable_string_literal", "expandable_here_string_literal"):
            check(not re.search(r"`[eu]", text(node)), f"{line}: an escape that 5.1 does not know")
    code = re.sub(rb"#.*", b"", source)
    if path != MODULE / "Private" / "Get-HimdsRuntimeId.ps1" and path not in TESTS:
        check(not re.search(rb"\$Is(Windows|Linux|MacOS)\b", code), f"{name}: $IsWindows and its kin, unknown to 5.1")


def check_commands(path):
    """Each call of a function of ours names parameters that it has; what is shipped calls cmdlets that 5.1 has."""
    name = path.relative_to(ROOT)
    for node in walk(parser.parse(path.read_bytes()).root_node):
        if node.type != "command":
            continue
        command = next((text(child) for child in node.children if child.type == "command_name"), None)
        line = f"{name}:{node.start_point[0] + 1}"
        if command in OWN:
            elements = next((child for child in node.children if child.type == "command_elements"), None)
            used = [text(child) for child in (elements.children if elements else []) if child.type == "command_parameter"]
            for parameter in used:
                known = OWN[command] | BUILT_IN | ALIASES.get(command, set())
                check(parameter.strip("-:").lower() in known, f"{line}: {command} has no {parameter}")
        elif path in SHIPPED and command:
            check(command in CMDLETS, f"{line}: {command} is not among the cmdlets that the module uses")


def functions(path):
    return re.findall(r"^function\s+([\w-]+)", path.read_text(), re.M)


def check_exports():
    names = [path.stem for path in PUBLIC]
    manifest = (MODULE / "Himds.psd1").read_text()
    root = (MODULE / "Himds.psm1").read_text()
    listed = re.search(r"FunctionsToExport\s*=\s*@\((.*?)\)", manifest, re.S).group(1)
    check(re.findall(r"'([^']+)'", listed) == names, "the manifest exports the public functions, by name")
    exported = re.search(r"Export-ModuleMember -Function @\((.*?)\)", root, re.S).group(1)
    check(re.findall(r"'([^']+)'", exported) == names, "the module exports the public functions")
    check(sorted(PARAMETERS) == names, "the public functions are the documented ones")
    for kind in ("Cmdlets", "Variables", "Aliases"):
        check(re.search(rf"{kind}ToExport\s*=\s*@\(\)", manifest), f"no {kind.lower()} are exported")
    for path in [*PUBLIC, *PRIVATE]:
        check(functions(path) == [path.stem], f"{path.name} holds the function {path.stem} alone")
        check(path.stem.split("-")[0] in VERBS, f"{path.stem}: an approved verb that changes nothing")
    loaded = re.search(r"foreach \(\$name in @\((.*?)\n    \)\)", root, re.S).group(1)
    check(re.findall(r"'([^']+)'", loaded) == [f"{path.parent.name}/{path.name}" for path in [*PRIVATE, *PUBLIC]],
          "the module loads each function's file, by name")


def parameters(source):
    """The names in the function's own param block."""
    block = source[source.index("    param("):]
    block = block[:block.index("\n    )")]
    return re.findall(r"^        (?:\[[^\n]*\] )?\[?[^\n$]*\$(\w+)(?: = [^\n]*)?,?$", block, re.M)


def check_help(path):
    source = path.read_text()
    name = path.stem
    body = re.search(r"<#(.*?)#>", source, re.S).group(1)
    sections = re.findall(r"^    \.([A-Z]+)(?: (\w+))?\n(.*?)(?=^    \.[A-Z]+|\Z)", body, re.S | re.M)
    by_kind = {}
    for kind, argument, content in sections:
        check(content.strip(), f"{name}: .{kind} {argument} is empty")
        by_kind.setdefault(kind, []).append(argument)
    for kind in ("SYNOPSIS", "DESCRIPTION", "INPUTS", "OUTPUTS", "LINK"):
        check(kind in by_kind, f"{name}: help has no .{kind}")
    check(len(by_kind.get("EXAMPLE", [])) >= 2, f"{name}: fewer than two examples")
    declared = parameters(source)
    check(set(declared) == PARAMETERS[name] | COMMON, f"{name}: parameters {sorted(declared)}")
    check(sorted(by_kind.get("PARAMETER", [])) == sorted(declared), f"{name}: help for each parameter and no other")
    check("[OutputType(" in source, f"{name}: no output type")
    check("PositionalBinding = $false" in source, f"{name}: positions are by design, not by order")
    for link in re.findall(r"^    \.LINK\n    (\S+)", body, re.M):
        check(link in PARAMETERS, f"{name}: links to {link}")


def check_manifest():
    manifest = (MODULE / "Himds.psd1").read_text()
    version = re.search(r'^version = "([^"]+)"', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
    check(f"ModuleVersion          = '{version}'" in manifest, f"the manifest's version is Cargo's, {version}")
    for key in ("GUID", "Author", "Description", "PowerShellVersion", "CompatiblePSEditions", "LicenseUri", "ProjectUri"):
        check(re.search(rf"\b{key}\s*=", manifest), f"the manifest has {key}")
    check("PowerShellVersion      = '5.1'" in manifest, "the manifest admits 5.1")
    for name in re.findall(r"'(Himds\.[\w.]+)'", manifest):
        check((MODULE / name).exists(), f"the manifest names {name}, which is there")
    sources = "\n".join(path.read_text() for path in (MODULE / "src").glob("*.cs"))
    for element in xml.etree.ElementTree.parse(MODULE / "Himds.format.ps1xml").iter():
        match = re.fullmatch(r"(?:Deserialized\.)?Himds\.(Abi\d+)\.(\w+)", (element.text or "").strip())
        if match:
            check(f"namespace Himds.{match.group(1)}" in sources, f"the format file: namespace {match.group(1)}")
            check(f"class {match.group(2)}" in sources, f"the format file: class {match.group(2)}")


ALIASES = {path.stem: {alias.lower() for alias in re.findall(r"\[Alias\('(\w+)'\)\]", path.read_text())} for path in PUBLIC}
OWN = {
    name: {parameter.lower() for parameter in re.findall(r"\$(\w+)", block)}
    for path in [*PUBLIC, *PRIVATE, *TESTS]
    for name, block in re.findall(r"^ *function ([\w-]+) \{.*?\bparam\((.*?)\n? *\)\n", path.read_text(), re.S | re.M)
}
for script in [*SHIPPED, *TESTS, *EXAMPLES]:
    check_syntax(script)
    check_commands(script)
check_exports()
for script in PUBLIC:
    check_help(script)
check_manifest()
print(f"scripts: {count - len(failures)} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
