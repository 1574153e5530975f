#!/bin/bash
# The RPMs in dist/: installed into a root of their own, used, upgraded and removed: rpm.sh. Takes root to run what is
# installed.
set -u

cd "$(dirname "$0")/../.."
if ! command -v rpm >/dev/null; then
    echo "skipped: rpm not found (apt-get install rpm)"
    exit 0
fi
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }
shopt -s nullglob
packages=("$PWD"/dist/*."$(uname -m)".rpm)
if [ ${#packages[@]} = 0 ]; then
    echo "skipped: RPMs not found (make dist)"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir "$root"
# There is no C library in that root, so its packages' needs are read and not resolved.
rpm=(rpm --root "$root" --nodeps --noscripts)
"${rpm[@]}" -i --ignorearch "${packages[@]}" >"$work/log" 2>&1 || { cat "$work/log"; false; }
report $? "installed"
[ "$(rpm --root "$root" -qa | grep -c himds)" = 4 ]
report $? "four packages"
for package in "${packages[@]}"; do
    newest=$(rpm -qp --requires "$package" 2>/dev/null | sed -n 's/.*(GLIBC_\([0-9.]*\)).*/\1/p' | sort -V | tail -1)
    [ -z "$newest" ] || [ "$(printf '%s\n2.17\n' "$newest" | sort -V | tail -1)" = 2.17 ]
    report $? "$(basename "$package") runs with glibc 2.17 (it needs ${newest:-none})"
done
"$root/usr/bin/himds-emulator" -- sh -c "$root"'/usr/bin/himds token --token-dir "$HIMDS_EMULATOR_TOKEN_DIR" --resource https://vault.azure.net' 2>/dev/null | grep -q '^eyJ'
report $? "a token from the emulator"
PKG_CONFIG_PATH=$root/usr/lib64/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 \
    sh -c "cc -std=c11 examples/c/token.c \$(pkg-config --cflags --libs himds) -o $work/token" &&
    LD_LIBRARY_PATH=$root/usr/lib64 tests/c/with-agent.sh "$root/usr/bin/himds-emulator" "$work/token" >"$work/out" 2>&1
case $? in 0 | 77) true ;; *) cat "$work/out" && false ;; esac
report $? "an example builds against them and runs"
"${rpm[@]}" -U --force --ignorearch "${packages[@]}" >/dev/null 2>&1
report $? "installed over itself"
"${rpm[@]}" -e himds himds-emulator libhimds-devel libhimds1
report $? "removed"
[ -z "$(find "$root/usr" -name '*himds*' 2>/dev/null)" ]
report $? "nothing is left"
exit $((failures > 0))
