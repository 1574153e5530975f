#!/bin/bash
# No file of a release names a path of the machine that built it: paths.sh.
set -u

cd "$(dirname "$0")/../.."
shopt -s nullglob
rpms=(dist/*.rpm)
if [ ${#rpms[@]} != 0 ] && ! command -v cpio >/dev/null; then
    echo "skipped: cpio not found (apt-get install cpio): the RPMs are not searched"
    rpms=()
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
for file in dist/*.whl dist/*.zip dist/*.nupkg dist/*.tar.gz dist/*.deb "${rpms[@]}" dist/npm/*.tgz; do
    rm -rf "$work/tree" && mkdir "$work/tree"
    case $file in
    *.whl | *.zip | *.nupkg) python3 -m zipfile -e "$file" "$work/tree" ;;
    *.deb) dpkg-deb -x "$file" "$work/tree" ;;
    *.rpm) rpm2cpio "$file" | (cd "$work/tree" && cpio -idm --quiet) ;;
    *) tar -xzf "$file" -C "$work/tree" ;;
    esac
    for path in "$PWD/" "${CARGO_HOME:-$HOME/.cargo}/" "$HOME/.rustup/"; do
        if grep -rlaF "$path" "$work/tree" >"$work/found"; then
            sed "s|^$work/tree/|FAILED $file: $path is named in |" "$work/found"
            failures=$((failures + 1))
        fi
    done
done
[ $failures = 0 ] && echo "ok no path of this machine"
exit $((failures > 0))
