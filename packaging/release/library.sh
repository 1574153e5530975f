#!/bin/sh
# Packs the C library of one target with headers, pkg-config file, CMake package and examples: library.sh TARGET.
set -eu

. "$(dirname "$0")/target.sh"
require_built "$built/libhimds.a"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
folder=libhimds-$version-$name
cd "$root"

case $name in
win-*)
    require zip=zip
    mkdir -p "$stage/$folder/bin" "$stage/$folder/lib" "$stage/$folder/include"
    cp "$built/himds.dll" "$stage/$folder/bin/"
    # For MinGW: the shared library's import library, and the static library.
    cp "$built/libhimds.dll.a" "$built/libhimds.a" "$stage/$folder/lib/"
    x86_64-w64-mingw32-strip --strip-debug "$stage/$folder/lib/libhimds.a"
    x86_64-w64-mingw32-nm "$stage/$folder/lib/libhimds.a" | "$(dirname "$0")/import_names.py" >"$stage/renames"
    x86_64-w64-mingw32-objcopy --redefine-syms="$stage/renames" "$stage/$folder/lib/libhimds.a"
    cp include/himds.h include/himds*.hpp "$stage/$folder/include/"
    "$(dirname "$0")/import-library.sh" "$stage/$folder/lib/himds.lib"
    ;;
*)
    # The command is packed by itself.
    mkdir "$stage/build"
    cp "$built/libhimds.so" "$built/libhimds.a" "$stage/build/"
    PREFIX=/$folder DESTDIR=$stage RELOCATABLE=1 packaging/install.sh install "$stage/build" "$version"
    strip=strip
    case $name in *-arm64) strip=aarch64-linux-gnu-strip ;; esac
    require "$strip=binutils-aarch64-linux-gnu"
    "$strip" --strip-debug "$stage/$folder/lib/libhimds.a"
    ;;
esac
doc=$stage/$folder/share/doc/himds
mkdir -p "$doc/examples"
cp -R examples/c examples/cpp "$doc/examples/"
cp docs/c.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$doc/"
case $name in
win-*) pack "$stage" "$folder" "$out/$folder.zip" ;;
*) pack "$stage" "$folder" "$out/$folder.tar.gz" ;;
esac
