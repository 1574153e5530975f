#!/bin/sh
# Packs the PowerShell module with the libraries of all platforms that are built, as folder, zip and nupkg: powershell.sh.
set -eu

. "$(dirname "$0")/target.sh"
require mcs=mono-mcs zip=zip
cd "$root"
# The module's own script takes libraries from where cargo puts them.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
all=$(dirname "$CARGO_TARGET_DIR")
found=
for pair in linux-x64=x86_64-unknown-linux-gnu linux-arm64=aarch64-unknown-linux-gnu linux-musl-x64=x86_64-unknown-linux-musl \
    linux-musl-arm64=aarch64-unknown-linux-musl win-x64=x86_64-pc-windows-gnu; do
    for library in libhimds.so himds.dll; do
        file=$all/${pair%%=*}/${pair#*=}/release/$library
        if [ -f "$file" ]; then
            install -D "$file" "$stage/libraries/${pair%%=*}/native/$library"
            found="$found ${pair%%=*}"
        fi
    done
done
if [ -z "$found" ]; then
    echo "skipped: a built library not found"
    exit 77
fi
echo "with the libraries of$found"
powershell/build.sh "$out/powershell/Himds"
module=$out/powershell/Himds
# Only what was built for release, with the assembly next to each, because that is where .NET looks.
cp "$(find "$module/runtimes" -name Himds.PowerShell.dll | head -1)" "$stage/Himds.PowerShell.dll"
rm -rf "$module/runtimes"
for folder in "$stage"/libraries/*; do
    mkdir -p "$module/runtimes/$(basename "$folder")"
    cp -R "$folder/native" "$module/runtimes/$(basename "$folder")/"
    cp "$stage/Himds.PowerShell.dll" "$module/runtimes/$(basename "$folder")/native/"
done
mkdir -p "$stage/zip"
cp -R "$module" "$stage/zip/Himds"
pack "$stage/zip" Himds "$out/Himds-$version-powershell.zip"
packaging/release/nupkg.py "$module" "$version" "$out/Himds.$version.nupkg"
