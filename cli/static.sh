#!/bin/sh
# Builds the command for musl: one static file that runs on every Linux of this processor.
#
#   static.sh            prints its path
#
# zig links it. A Rust without the target's standard library builds that from source; if it has no source either, Debian's
# Rust is fetched into .cache/ for it, which has.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
triple=$(uname -m)-unknown-linux-musl
target=${CARGO_TARGET_DIR:-$root/target}/static
py/tools/venv.sh .cache/venv-static cli/requirements-static.txt
export PATH="$root/.cache/venv-static/bin:$PATH" CARGO_TARGET_DIR="$target"

rustlib=$(rustc --print sysroot)/lib/rustlib
if [ -d "$rustlib/$triple/lib" ]; then
    cargo-zigbuild build --quiet --release --target "$triple" -p himds-cli
else
    if [ ! -d "$rustlib/src/rust/library" ]; then
        debian=$root/.cache/debian-rust
        [ -x "$debian/bin/cargo" ] || tools/fetch-debian-rust.sh "$debian"
        export PATH="$debian/bin:$PATH" RUSTC="$debian/bin/rustc" CARGO="$debian/bin/cargo"
    fi
    export RUSTC_BOOTSTRAP=1
    # Without the target's library there are no start files of Rust's own; zig has musl's.
    cargo-zigbuild rustc --quiet --release --target "$triple" -Z build-std=std,panic_unwind -p himds-cli --bin himds -- \
        -C link-self-contained=no
fi
echo "$target/$triple/release/himds"
