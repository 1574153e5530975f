#!/bin/sh
# Packs the PowerShell module with the libraries of all platforms that are built, as folder, zip and nupkg: powershell.sh.
set -eu

. "$(dirname "$0")/target.sh"
require mcs=mono-mcs zip=zip
cd "$root"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
all=$(dirname "$CARGO_TARGET_DIR")
found= missing=
for pair in linux-x64=x86_64-unknown-linux-gnu linux-arm64=aarch64-unknown-linux-gnu linux-musl-x64=x86_64-unknown-linux-musl \
    linux-musl-arm64=aarch64-unknown-linux-musl win-x64=x86_64-pc-windows-gnu; do
    platform=${pair%%=*} library=libhimds.so
    case $platform in win-*) library=himds.dll ;; esac
    file=$all/$platform/${pair#*=}/release/$library
    if is_built "$platform" && [ -f "$file" ]; then
        install -D "$file" "$stage/libraries/$platform/$library"
        found="$found $platform"
    else
        missing="$missing $platform"
    fi
done
if [ -z "$found" ]; then
    echo "skipped: a built library not found (make dist STEPS=linux-x64)"
    exit 77
fi
[ -z "$missing" ] || echo "without what is not built:$missing"
module=$out/powershell/Himds
powershell/build.sh "$module" "$stage/libraries"
mkdir -p "$stage/zip"
cp -R "$module" "$stage/zip/Himds"
pack "$stage/zip" Himds "$out/Himds-$version-powershell.zip"
packaging/release/nupkg.py "$module" "$version" "$out/Himds.$version.nupkg"
