#!/bin/sh
# The soak: run.sh SECONDS BINARIES, as root. Builds the workers of every language, then runs them in network and mount
# namespaces of their own, with the emulator in the agent's place. Nothing of this machine is touched. Ends with 77, before
# anything is built, if the machine lacks something.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=$1
target=$2

case $seconds in
"" | *[!0-9]* | [0-7])
    echo "SOAK_SECONDS is a number of seconds, 8 at least: $seconds" >&2
    exit 2
    ;;
esac
if [ "$(id -u)" != 0 ]; then
    echo "skipped: root not found (network and mount namespaces are needed: run it by sudo)"
    exit 77
fi
for tool in unshare ip mount python3 cc mcs mono; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: $tool not found (make setup)"
        exit 77
    fi
done

make --no-print-directory -C "$root" tools-bin shipped-bin

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/python"
cp -r "$root/py/python/himds" "$work/python/"
cp "$target/debug/lib_native.so" "$work/python/himds/_native.abi3.so"
cp "$target/debug/himds-soak" "$work/worker-rust"
cc -std=c11 -O1 -Wall -Wextra -Werror -I"$root/include" "$here/workers/worker.c" -L"$target/debug" -lhimds -lpthread \
    -o "$work/worker-c"
# Its name, which the linker put into the worker.
cp "$target/debug/libhimds.so" "$work/libhimds.so.1"
cp "$target/debug/libhimds.so" "$work/libhimds.so"
cc -std=c11 -O1 -Wall -Wextra -Werror -shared -fPIC "$here/clock.c" -o "$work/clock.so"
mcs -langversion:5 -warn:4 -warnaserror -out:"$work/worker.exe" "$here/workers/Worker.cs" "$root"/powershell/Himds/src/*.cs

status=0
unshare -n -m sh -eu -c '
    mount --make-rprivate /
    mount -t tmpfs agent /var/opt
    ip link set lo up
    exec "$@"
' inside python3 "$here/soak.py" "$seconds" "$target/debug/himds-emulator" "$work" || status=$?
exit "$status"
