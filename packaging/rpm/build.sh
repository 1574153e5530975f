#!/bin/sh
# Builds the RPMs himds, libhimds1, libhimds-devel, himds-bridge (its units) and himds-emulator into dist/, from files that are
# built already:
#
#   build.sh BUILD VERSION x86_64|aarch64
set -eu
umask 022

build=$1 version=$2 arch=$3
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage

PREFIX=/usr LIBDIR=/usr/lib64 DESTDIR=$stage "$root/packaging/install.sh" install "$build" "$version"
# Made on another processor, the shells' completions are those that the command printed on this one.
if [ ! -e "$stage/usr/share/bash-completion/completions/himds" ]; then
    "$root/packaging/completions.sh" "$stage/usr/share"
fi
install -D -m 755 "$build/himds-emulator" "$stage/usr/bin/himds-emulator"
gzip -9n "$stage/usr/share/man/man1/himds.1"
mkdir -p "$stage/usr/share/doc/libhimds-devel/examples"
cp -R "$root/examples/c" "$root/examples/cpp" "$stage/usr/share/doc/libhimds-devel/examples/"
"$root/packaging/deb/bridge.sh" "$work/bridge"
rm -r "$work/bridge/DEBIAN"
cp -a "$work/bridge/." "$stage/"
for package in himds libhimds1 himds-bridge himds-emulator; do
    install -D -m 644 -t "$stage/usr/share/licenses/$package" "$root/LICENSE-MIT" "$root/LICENSE-APACHE"
done
chmod -R u=rwX,go=rX "$stage/usr/share"

# What rpm calls the symbols of a C library: libc.so.6(GLIBC_2.17)(64bit).
requires() {
    readelf -V "$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1 | sed 's/.*/libc.so.6(&)(64bit)/'
}
sed -e "s|@VERSION@|$version|g" -e "s|@STAGE@|$stage|g" \
    -e "s|@REQUIRES_COMMAND@|$(requires "$build/himds")|" \
    -e "s|@REQUIRES_LIBRARY@|$(requires "$build/libhimds.so")|" \
    -e "s|@REQUIRES_EMULATOR@|$(requires "$build/himds-emulator")|" "$root/packaging/rpm/himds.spec.in" >"$work/himds.spec"

# The files are as they are to be: no stripping, no debug packages, no compression by rpm's own scripts. The dates and the
# host are those of the sources.
rpmbuild -bb --quiet --target "$arch-linux" \
    --define "_topdir $work/rpm" --define "_rpmdir $root/dist" --define "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" \
    --define "__os_install_post %{nil}" --define "debug_package %{nil}" --define "_build_id_links none" \
    --define "_buildhost localhost" --define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" \
    --define "source_date_epoch_from_changelog 0" --define "_binary_payload w9.gzdio" "$work/himds.spec"
ls "$root"/dist/*."$arch".rpm
