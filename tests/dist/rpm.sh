#!/bin/bash
# The RPMs in dist/ of one processor: installed into a root of their own, used, upgraded and removed: rpm.sh [ARCH]. Takes
# root to run what is installed; by qemu if it is for another processor.
set -u

cd "$(dirname "$0")/../.." || exit
arch=${1:-$(uname -m)} root=$PWD
case $arch in
x86_64) file=linux-x64 ;;
aarch64) file=linux-arm64 ;;
esac
. tests/dist/runner.sh
if ! command -v rpm >/dev/null; then
    echo "skipped: rpm not found (apt-get install rpm)"
    exit 0
fi
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }
shopt -s nullglob
packages=("$root"/dist/*."$arch".rpm)
if [ ${#packages[@]} = 0 ]; then
    echo "skipped: RPMs for $arch not found (make dist)"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
installed=$work/root
mkdir "$installed"
# There is no C library in that root, so its packages' needs are read and not resolved.
rpm=(rpm --root "$installed" --nodeps --noscripts)
"${rpm[@]}" -i --ignorearch "${packages[@]}" >"$work/log" 2>&1 || { cat "$work/log"; false; }
report $? "installed"
[ "$(rpm --root "$installed" -qa | grep -c himds)" = 5 ]
report $? "five packages"
[ "$(rpm --root "$installed" -qc himds-bridge)" = /etc/himds/bridge.toml ]
report $? "an administrator's rules for the bridge stay when it is upgraded"
for package in "${packages[@]}"; do
    newest=$(rpm -qp --requires "$package" 2>/dev/null | sed -n 's/.*(GLIBC_\([0-9.]*\)).*/\1/p' | sort -V | tail -1)
    [ -z "$newest" ] || [ "$(printf '%s\n2.17\n' "$newest" | sort -V | tail -1)" = 2.17 ]
    report $? "$(basename "$package") runs with glibc 2.17 (it needs ${newest:-none})"
done
# shellcheck disable=SC2016,SC2086 # the inner shell expands it; words
$run "$installed/usr/bin/himds-emulator" -- sh -c '"$@" token --token-dir "$HIMDS_EMULATOR_TOKEN_DIR" --resource https://vault.azure.net' \
    sh $run "$installed/usr/bin/himds" 2>/dev/null | grep -q '^eyJ'
report $? "a token from the emulator"
PKG_CONFIG_PATH=$installed/usr/lib64/pkgconfig PKG_CONFIG_SYSROOT_DIR=$installed PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 \
    sh -c "$cc -std=c11 examples/c/token.c \$(pkg-config --cflags --libs himds) -Wl,-rpath,$installed/usr/lib64 -o $work/token" &&
    with_agent "$work/token" >"$work/out" 2>&1
case $? in 0 | 77) true ;; *) cat "$work/out" && false ;; esac
report $? "an example builds against them and runs"
"${rpm[@]}" -U --force --ignorearch "${packages[@]}" >/dev/null 2>&1
report $? "installed over itself"
"${rpm[@]}" -e himds himds-bridge himds-emulator libhimds-devel libhimds1
report $? "removed"
[ -z "$(find "$installed/usr" "$installed/etc" -name '*himds*' 2>/dev/null)" ]
report $? "nothing is left"
exit $((failures > 0))
