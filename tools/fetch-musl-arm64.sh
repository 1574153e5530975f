#!/bin/bash
# Unpacks Debian's musl for arm64, its loader and C library, into a directory, for qemu to run programs in. Nothing is
# installed and no foreign architecture is added to this system.
#
# usage: tools/fetch-musl-arm64.sh [DIRECTORY]      (default: .cache/musl-arm64)
# then:  qemu-aarch64-static -L DIRECTORY PROGRAM
set -euo pipefail

cd "$(dirname "$0")/.."
target=${1:-.cache/musl-arm64}
[ -e "$target/lib/ld-musl-aarch64.so.1" ] && exit 0
. tools/apt-apart.sh
. tools/in-place.sh
make_for "$target"
apart "$work/apt" arm64
(cd "$work" && apt-get "${apart[@]}" -qq download musl:arm64)
dpkg -x "$work"/musl_*.deb "$work/root"
test -e "$work/root/lib/ld-musl-aarch64.so.1"
move_to "$work/root" "$target"
