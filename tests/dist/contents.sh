#!/bin/bash
# What is in the files of a release: no path of the machine that built it and no date of the build, no need of a glibc newer
# than 2.17, and how large programs and libraries are: contents.sh.
set -u

cd "$(dirname "$0")/../.." || exit
shopt -s nullglob
rpms=(dist/*.rpm)
if [ ${#rpms[@]} != 0 ] && ! command -v cpio >/dev/null; then
    echo "skipped: cpio not found (apt-get install cpio): the RPMs are not searched"
    rpms=()
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
    echo "FAILED $1"
    failures=$((failures + 1))
}

# The newest version of glibc whose symbols a file needs.
glibc() {
    readelf -V "$1" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -V | tail -1
}

# The date in a program for Windows, which is the linker's.
date_of() {
    local header
    header=$(od -An -tu4 -j60 -N4 "$1")
    od -An -tu4 -j$((header + 8)) -N4 "$1" | tr -d ' '
}

for file in dist/*.whl dist/*.zip dist/*.nupkg dist/*.tar.gz dist/*.crate dist/*.deb "${rpms[@]}" dist/npm/*.tgz; do
    rm -rf "$work/tree" && mkdir "$work/tree"
    case $file in
    *.whl | *.zip | *.nupkg) python3 -m zipfile -e "$file" "$work/tree" ;;
    *.deb) dpkg-deb -x "$file" "$work/tree" ;;
    *.rpm) rpm2cpio "$file" | (cd "$work/tree" && cpio -idm --quiet) ;;
    *) tar -xzf "$file" -C "$work/tree" ;;
    esac
    # The third is how a symbol has it.
    for path in "$PWD/" .cache/debian-rust/root "${PWD//[^A-Za-z0-9]/_}_target" "${CARGO_HOME:-$HOME/.cargo}/" "$HOME/.rustup/"; do
        while read -r found; do
            fail "$file: $path is named in ${found#"$work/tree/"}"
        done < <(grep -rlaF "$path" "$work/tree")
    done
    while read -r found; do
        case $(head -c 4 "$found" | tr -d '\0') in
        $'\x7fELF') newest=$(glibc "$found") ;;
        MZ*)
            newest=
            case $found in
            */Himds.PowerShell.dll) ;;
            *) [ "$(date_of "$found")" = 315532800 ] || fail "$file: ${found#"$work/tree/"} has the date of its build" ;;
            esac
            ;;
        *) continue ;;
        esac
        printf '%9d  %-6s %s: %s\n' "$(stat -c %s "$found")" "${newest:-}" "$(basename "$file")" "${found#"$work/tree/"}"
        if [ -n "$newest" ] && [ "$(printf '%s\n2.17\n' "$newest" | sort -V | tail -1)" != 2.17 ]; then
            fail "$file: ${found#"$work/tree/"} needs glibc $newest"
        fi
    done < <(find "$work/tree" -type f -size +4k ! -name '*.a' ! -name '*.lib' | LC_ALL=C sort)
done
[ $failures = 0 ] && echo "ok no path of this machine, no glibc newer than 2.17"
exit $((failures > 0))
