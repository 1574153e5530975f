#!/bin/sh
# Runs a Windows program under Wine, in a prefix of the project's own: wine.sh PROGRAM [ARGUMENTS]. Ends with 77 where there
# is not installed. The file system is drive Z: there.
set -eu

tools=$(cd "$(dirname "$0")" && pwd)
wine=${WINE:-$(command -v wine64 || echo /usr/lib/wine/wine64)}
if [ ! -x "$wine" ]; then
    echo "skipped: wine64 not found (sudo apt-get install wine64)"
    exit 77
fi
mkdir -p "$tools/../.cache"
WINEPREFIX=$(cd "$tools/../.cache" && pwd)/wine
export WINEPREFIX WINEARCH=win64 WINEDEBUG="${WINEDEBUG:--all}"

system=$WINEPREFIX/drive_c/windows/system32
[ -d "$system" ] || "$wine" wineboot -i 2>/dev/null
if [ ! "$system/bcryptprimitives.dll" -nt "$tools/wine-shim.c" ]; then
    x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -shared "$tools/wine-shim.c" -ladvapi32 -o "$system/bcryptprimitives.dll"
fi
exec "$wine" "$@"
