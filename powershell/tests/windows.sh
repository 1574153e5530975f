#!/bin/sh
# The C# classes by .NET 8 for Windows, with himds.dll, under Wine: their own tests and the scenarios. Emulator and runner are
# programs for Windows too. Not part of the everyday tests: cross-building takes minutes.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
programs=${CARGO_TARGET_DIR:-$root/target}/x86_64-pc-windows-gnu/debug
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

. "$root/tools/optional.sh"

wine() {
    "$root/tools/wine.sh" "$@" </dev/null
}

# A program of these sources, and what .NET must know of it.
compile() {
    program=$1
    shift
    mcs -langversion:5 -r:"$work/Himds.PowerShell.dll" -out:"$work/$program.exe" "$@"
    cp "$root/powershell/tests/runtimeconfig.json" "$work/$program.runtimeconfig.json"
}

if ! command -v mcs >/dev/null; then
    echo "skipped: mcs not found (sudo apt-get install mono-mcs)"
    exit 0
fi
need wine --version
# The library by a command of its own, as it is shipped: the emulator needs more features of what both are built of.
need "$root/tools/cargo-windows.sh" build --quiet -p himds-emulator -p himds-scenarios
need "$root/powershell/build-windows.sh" --quiet --features testing
cp "$programs/himds.dll" "$work/"
mcs -langversion:5 -target:library -out:"$work/Himds.PowerShell.dll" "$root"/powershell/Himds/src/*.cs \
    "$root/powershell/AssemblyInfo.cs"
compile himds-tests "$root"/powershell/csharp-tests/*.cs
compile himds-driver "$root"/tests/drivers/csharp/*.cs

dotnet=$("$root/powershell/tests/dotnet-windows.sh")

echo "== C# tests by .NET 8 under Wine"
wine "$programs/himds-emulator.exe" --ready-file "Z:$work/ready.json" -- \
    "Z:$dotnet" exec "Z:$work/himds-tests.exe" "Z:$work/ready.json" || failed=1
echo "== scenarios by .NET 8 on the thread pool under Wine"
wine "$programs/himds-scenarios.exe" --quiet --driver "Z:$dotnet exec Z:$work/himds-driver.exe pool" \
    "Z:$root/tests/scenarios" || failed=1
exit $failed
