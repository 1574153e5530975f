#!/bin/sh
# What belongs to all files of a release: their SHA-256 sums, an SBOM each for what has no own, the licences of what is
# linked in, and the release note from the changelog. texts.sh
set -eu

. "$(dirname "$0")/target.sh"
cd "$root"
mkdir -p "$out"
packaging/release/note.py "$version" CHANGELOG.md >"$out/RELEASE-NOTE.md"
# What is linked in on any of the targets.
metadata() {
    cargo metadata --locked --format-version 1 --filter-platform x86_64-unknown-linux-gnu --filter-platform aarch64-unknown-linux-gnu \
        --filter-platform x86_64-unknown-linux-musl --filter-platform aarch64-unknown-linux-musl \
        --filter-platform x86_64-pc-windows-gnu "$@"
}
metadata --offline >"$CARGO_TARGET_DIR.metadata.json" 2>/dev/null || metadata >"$CARGO_TARGET_DIR.metadata.json"
packaging/release/inventory.py "$CARGO_TARGET_DIR.metadata.json" "$out"
rm -f "$CARGO_TARGET_DIR.metadata.json"
(cd "$out" && find . -type f ! -name SHA256SUMS ! -path './powershell/*' ! -path './npm/*/*' -printf '%P\0' | LC_ALL=C sort -z |
    xargs -0 sha256sum >SHA256SUMS)
wc -l "$out/SHA256SUMS"
