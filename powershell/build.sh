#!/bin/sh
# Packs the PowerShell module: build.sh DESTINATION [LIBRARIES]. Joins and compiles the C# sources, and lays them out with the
# native libraries that are built, as a copy into a PSModulePath folder wants it. Run by `make powershell`, which builds this
# machine's library first. A release gives LIBRARIES, a folder with PLATFORM/FILE, and takes nothing else.
set -eu

destination=$1 libraries=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

join_sources() {
    # One file for `Add-Type -Path`: the using lines of all files come first, once each.
    {
        cat <<'HEADER'
// The classes of himds for C# 5, in one file: `Add-Type -Path Himds.cs`, or add it to any C# project.
// Joined from powershell/Himds/src/*.cs; edit those.
HEADER
        cat "$here"/Himds/src/*.cs | grep '^using ' | LC_ALL=C sort -u
        for file in "$here"/Himds/src/*.cs; do
            sed '/^using /d' "$file"
        done
    } > "$1"
}

compile() {
    # C# 5 is what Windows PowerShell 5.1 compiles, so nothing newer may get in.
    if command -v mcs >/dev/null; then
        mcs -langversion:5 -warn:4 -warnaserror -optimize -target:library -out:"$2" "$1" "$here/AssemblyInfo.cs"
    elif command -v dotnet >/dev/null && dotnet --list-sdks 2>/dev/null | grep -q .; then
        dotnet build --nologo -v quiet -c Release -o "$work/dotnet" "$here/Himds.PowerShell.csproj" \
            -p:Source="$1" -p:BaseIntermediateOutputPath="$work/obj/"
        cp "$work/dotnet/Himds.PowerShell.dll" "$2"
    else
        echo "no C# compiler found: sudo apt-get install mono-mcs mono-runtime, or the .NET SDK" >&2
        exit 1
    fi
}

this_platform() {
    case $(uname -m) in
        x86_64 | amd64) arch=x64 ;;
        aarch64 | arm64) arch=arm64 ;;
        *) arch=$(uname -m) ;;
    esac
    case $(uname -s) in
        Darwin) echo "osx-$arch" ;;
        MINGW* | MSYS* | CYGWIN*) echo "win-$arch" ;;
        *) if ldd --version 2>&1 | grep -qi musl; then echo "linux-musl-$arch"; else echo "linux-$arch"; fi ;;
    esac
}

# One native library with the assembly next to it, because .NET searches that folder.
place() {
    folder=$work/module/runtimes/$1/native
    mkdir -p "$folder"
    cp "$2" "$folder/"
    cp "$work/Himds.PowerShell.dll" "$folder/"
    echo "  runtimes/$1/native/$(basename "$2")"
}

# What cargo built: for this machine, and cross-built for others, where that lies.
place_built() {
    for name in libhimds.so himds.dll libhimds.dylib; do
        if [ -e "$target/release/$name" ]; then place "$(this_platform)" "$target/release/$name"; fi
    done
    for pair in x86_64-unknown-linux-gnu:linux-x64 aarch64-unknown-linux-gnu:linux-arm64 \
        x86_64-unknown-linux-musl:linux-musl-x64 aarch64-unknown-linux-musl:linux-musl-arm64 \
        x86_64-pc-windows-gnu:win-x64 x86_64-pc-windows-msvc:win-x64 aarch64-pc-windows-msvc:win-arm64 \
        x86_64-apple-darwin:osx-x64 aarch64-apple-darwin:osx-arm64; do
        for name in libhimds.so himds.dll libhimds.dylib; do
            library=$target/${pair%%:*}/release/$name
            if [ -e "$library" ]; then place "${pair##*:}" "$library"; fi
        done
    done
}

join_sources "$work/Himds.cs"
compile "$work/Himds.cs" "$work/Himds.PowerShell.dll"

mkdir -p "$work/module"
cp -R "$here"/Himds/Public "$here"/Himds/Private "$here"/Himds/en-US "$work/module/"
cp "$here"/Himds/Himds.psd1 "$here"/Himds/Himds.psm1 "$here"/Himds/Himds.format.ps1xml "$work/Himds.cs" "$work/module/"
for licence in "$root"/LICENSE-*; do
    if [ -e "$licence" ]; then cp "$licence" "$work/module/"; fi
done

if [ -n "$libraries" ]; then
    for library in "$libraries"/*/*; do
        if [ -e "$library" ]; then place "$(basename "$(dirname "$library")")" "$library"; fi
    done
else
    place_built
fi
if [ ! -d "$work/module/runtimes" ]; then
    echo "no native library found in ${libraries:-$target}: run make powershell" >&2
    exit 1
fi

# Exchanged at the end, so that a build that fails leaves the packed module as it was.
mkdir -p "$(dirname "$destination")"
rm -rf "$destination"
mv "$work/module" "$destination"
echo "packed $destination"
