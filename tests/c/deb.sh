#!/bin/bash
# The Debian packages: built, their fields and contents checked, unpacked, and an example built and run against them.
#
#   deb.sh TARGET_DIRECTORY VERSION
set -u
target=$1 version=$2
cd "$(dirname -- "$0")/../.."
for tool in dpkg-deb readelf pkg-config; do
    if ! command -v $tool >/dev/null; then
        echo "skipped: $tool not found: apt-get install dpkg-dev pkg-config"
        exit 0
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }

# This tests the packing, so the debug builds of the programs are enough.
mkdir "$work/build"
cp "$target/release/libhimds.so" "$target/release/libhimds.a" "$target/debug/himds-emulator" "$target/debug/himds" "$work/build/"
packaging/deb/build.sh "$work/build" "$version" >"$work/log" 2>&1 || cat "$work/log"
arch=$(dpkg --print-architecture) multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
for package in libhimds1 libhimds-dev himds himds-emulator; do
    file=dist/${package}_${version}_$arch.deb
    dpkg-deb --info "$file" >"$work/$package" && dpkg-deb -x "$file" "$work/root" && rm "$file"
    report $? "$package is built and unpacks"
done
grep -q '^ *Depends: .*libc6 (>= ' "$work/libhimds1"
report $? "libhimds1 depends on the C library it was built for"
grep -q "^ *Depends: libhimds1 (= $version)" "$work/libhimds-dev"
report $? "libhimds-dev depends on its libhimds1"
(cd "$work/root" && ls usr/include/himds.h usr/include/himds.hpp usr/include/himds_error.hpp "usr/lib/$multiarch"/{libhimds.so,libhimds.so.1,libhimds.a,pkgconfig/himds.pc,cmake/himds/himds-config.cmake} \
    usr/bin/himds-emulator usr/bin/himds usr/share/man/man1/himds.1.gz usr/share/bash-completion/completions/himds \
    usr/share/zsh/vendor-completions/_himds usr/share/fish/vendor_completions.d/himds.fish usr/share/doc/libhimds1/copyright >/dev/null)
report $? "every file is where Debian wants it"
export PKG_CONFIG_PATH=$work/root/usr/lib/$multiarch/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
cc -std=c11 examples/c/token.c $(pkg-config --cflags --libs himds) -o "$work/token" &&
    { LD_LIBRARY_PATH=$work/root/usr/lib/$multiarch tests/c/with-agent.sh "$work/root/usr/bin/himds-emulator" "$work/token" 2>/dev/null || [ $? = 77 ]; } >"$work/out"
grep -q -e '^eyJ' -e '^skipped' "$work/out"
report $? "an example builds against them and runs"
exit $((failures > 0))
