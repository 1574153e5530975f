#!/bin/sh
# Packs what `make install` installs, with licences and examples, into dist/himds-VERSION-TARGET.tar.gz: an archive that
# works wherever it is unpacked.
#
#   dist.sh BUILD VERSION TARGET
set -eu
umask 022

build=$1 version=$2 name=himds-$2-$3
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

PREFIX=/$name DESTDIR=$stage RELOCATABLE=1 "$root/packaging/install.sh" install "$build" "$version"
strip --strip-unneeded "$stage/$name/lib/libhimds.so.$version"
strip --strip-debug "$stage/$name/lib/libhimds.a"
doc=$stage/$name/share/doc/himds
mkdir -p "$doc/examples"
cp -R "$root/examples/c" "$root/examples/cpp" "$doc/examples/"
for file in README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE docs/c.md; do
    if [ -f "$root/$file" ]; then cp "$root/$file" "$doc/"; fi
done
# A checkout may be private; the archive is for everybody.
chmod -R u=rwX,go=rX "$stage/$name"
mkdir -p "$root/dist"
# The same input gives the same archive.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" -C "$stage" -c "$name" |
    gzip -9n >"$root/dist/$name.tar.gz"
echo "dist/$name.tar.gz"
