#!/bin/bash
# The PowerShell module in dist/, as folder, zip and nupkg: the three hold the same files; each platform's library is that of
# the archive of the C library; it is loaded from linux-x64's folder by PowerShell 7, and from win-x64's by .NET 8 under
# Wine, and gets a token: powershell.sh
set -u

cd "$(dirname "$0")/../.." || exit
root=$PWD
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
module=$root/dist/powershell/Himds
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/zip" "$work/nupkg"
python3 -m zipfile -e "dist/Himds-$version-powershell.zip" "$work/zip" &&
    diff -r "$module" "$work/zip/Himds"
report $? "the zip has the folder's files"
python3 -m zipfile -e "dist/Himds.$version.nupkg" "$work/nupkg/Himds" &&
    (cd "$work/nupkg/Himds" && python3 -c '
import sys, xml.dom.minidom
for part in ("Himds.nuspec", "[Content_Types].xml", "_rels/.rels"):
    xml.dom.minidom.parse(part)
' && rm -r Himds.nuspec '[Content_Types].xml' _rels) && diff -r "$module" "$work/nupkg/Himds"
report $? "the nupkg has the folder's files, and the parts of a package are XML"

for folder in "$module"/runtimes/*; do
    platform=$(basename "$folder")
    archive=$(ls "dist/libhimds-$version-$platform".{tar.gz,zip} 2>/dev/null)
    if [ -z "$archive" ]; then
        echo "skipped: the archive of the library for $platform not found (make dist)"
        continue
    fi
    mkdir "$work/$platform"
    case $archive in
    *.zip) python3 -m zipfile -e "$archive" "$work/$platform" && library=bin/himds.dll ;;
    *) tar -xzf "$archive" -C "$work/$platform" && library=lib/libhimds.so ;;
    esac
    cmp "$work/$platform/libhimds-$version-$platform/$library" "$folder/native/$(basename $library)"
    report $? "the library of $platform is that of its archive"
done

# Gets a token in one kind of host: token FILE-NAME-OF-THE-TARGET NAME PROGRAM [ARGUMENT...]
token() {
    local name=$2 status=0
    (
        # shellcheck disable=SC2034 # runner.sh reads it
        file=$1
        . "$root/tests/dist/runner.sh"
        shift 2
        with_agent "$@"
    ) >"$work/out" 2>&1 </dev/null || status=$?
    if [ $status = 77 ]; then
        grep '^skipped' "$work/out"
        return
    fi
    tr -d '\r' <"$work/out" | grep -q '^Bearer eyJ' || { cat "$work/out" && false; }
    report $? "$name"
}

pwsh=$(command -v pwsh)
if [ ! -d "$module/runtimes/linux-x64" ]; then
    echo "skipped: linux-x64 in the module not found (make dist STEPS='linux-x64 powershell')"
elif [ -n "$pwsh" ]; then
    for form in dist/powershell zip nupkg; do
        place=$work/$form
        [ -d "$place" ] || place=$root/$form
        # shellcheck disable=SC2016 # PowerShell expands it
        HIMDS_MODULE=$place/Himds token linux-x64 "PowerShell 7 gets a token by the module of $form" "$pwsh" -NoProfile -NonInteractive -Command '
            $ErrorActionPreference = "Stop"
            Import-Module -Name "$env:HIMDS_MODULE/Himds.psd1"
            (Get-HimdsToken -Resource https://vault.azure.net -AsHeader).Authorization'
    done
else
    echo "skipped: pwsh not found (https://learn.microsoft.com/powershell/scripting/install/installing-powershell)"
fi

folder=$module/runtimes/win-x64/native
if ! command -v mcs >/dev/null; then
    echo "skipped: mcs not found (apt-get install mono-mcs)"
elif [ -d "$folder" ]; then
    cp "$folder"/* powershell/tests/runtimeconfig.json "$work/"
    mv "$work/runtimeconfig.json" "$work/ModuleTest.runtimeconfig.json"
    mcs -langversion:5 -warn:4 -warnaserror -r:"$work/Himds.PowerShell.dll" -out:"$work/ModuleTest.exe" tests/dist/ModuleTest.cs
    dotnet=$(powershell/tests/dotnet-windows.sh) &&
        token win-x64 "in Wine .NET 8 gets a token by the classes of win-x64" \
            "Z:$dotnet" exec "Z:$work/ModuleTest.exe" "Z:$work/himds.dll"
fi
exit $((failures > 0))
