#!/bin/bash
# Builds and packs a target in two folders and compares every file: reproducible.sh TARGET [STEP...], such as
# `reproducible.sh linux-x64 library:linux-x64 deb:linux-x64`. Needs a commit, and twice the time of a build.
set -eu

target=$1
shift
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in one another-folder; do
    git clone --quiet "$root" "$work/$name"
    mkdir -p "$work/$name/.cache"
    # What is only used to build may be shared. The standard library's source is part of what is built.
    [ ! -e "$root/.cache/venv-dist" ] || ln -s "$root/.cache/venv-dist" "$work/$name/.cache/venv-dist"
    [ ! -e "$root/.cache/debian-rust" ] || cp -a "$root/.cache/debian-rust" "$work/$name/.cache/debian-rust"
    (cd "$work/$name" && env -u CARGO_TARGET_DIR packaging/release/all.sh "$target" "$@")
done
diff -r "$work/one/dist" "$work/another-folder/dist" && echo "ok the same bytes in two folders: $target $*"
