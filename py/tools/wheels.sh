#!/bin/sh
# Usage: wheels.sh DIRECTORY
# Every wheel that can be made here, and the source distribution:
#   manylinux2014 and musllinux_1_2 for x86-64, manylinux2014 for arm64, Windows x86-64, all abi3 for CPython 3.9 on;
#   and one for free-threaded 3.14, x86-64.
# zig links against the old glibc and musl. The targets that rustup's toolchain lacks are built by Debian's Rust, which
# is unpacked under .cache/ and not installed; HIMDS_WHEELS=native leaves them out.
set -eu
out=$1
cd "$(dirname "$0")/../.."
py/tools/venv.sh .cache/venv-wheels py/requirements-build.txt py/requirements-wheels.txt
PATH=$PWD/.cache/venv-wheels/bin:$PATH
export PATH
mkdir -p "$out"
rm -f "$out"/himds-*.whl "$out"/himds-*.tar.gz

maturin sdist -m py/Cargo.toml --out "$out"
maturin build --quiet --release -m py/Cargo.toml --out "$out" --zig --compatibility manylinux_2_17

# Free-threaded interpreters take no abi3 wheel. maturin knows 3.14t's configuration, so it need not be there.
maturin build --quiet --release -m py/Cargo.toml --out "$out" --zig --compatibility manylinux_2_17 \
    --target "$(uname -m)-unknown-linux-gnu" -i python3.14t
if free_threaded=$(command -v python3.14t); then
    py/tools/install-test.sh "$(ls "$out"/himds-*-cp314t-*.whl)" "$free_threaded"
else
    echo "skipped: python3.14t not found (uv python install 3.14t): its wheel was built but not tried"
fi

if [ "${HIMDS_WHEELS:-all}" = all ] && [ "$(uname -m)" = x86_64 ]; then
    debian=.cache/debian-rust
    [ -x "$debian/bin/cargo" ] || tools/fetch-debian-rust.sh "$debian"
    (
        PATH=$PWD/$debian/bin:$PATH
        RUSTC=$PWD/$debian/bin/rustc
        RUSTDOC=$PWD/$debian/bin/rustdoc
        CARGO=$PWD/$debian/bin/cargo
        RUSTC_BOOTSTRAP=1
        CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/debian-rust
        export PATH RUSTC RUSTDOC CARGO RUSTC_BOOTSTRAP CARGO_TARGET_DIR
        maturin build --quiet --release -m py/Cargo.toml --out "$out" --zig --compatibility manylinux_2_17 \
            --target aarch64-unknown-linux-gnu
        maturin build --quiet --release -m py/Cargo.toml --out "$out" --zig --compatibility musllinux_1_2 \
            --target x86_64-unknown-linux-musl -Z build-std=std,panic_unwind
        if command -v x86_64-w64-mingw32-gcc > /dev/null; then
            maturin build --quiet --release -m py/Cargo.toml --out "$out" \
                --target x86_64-pc-windows-gnu -Z build-std=std,panic_unwind
        else
            echo "skipped: x86_64-w64-mingw32-gcc not found (apt-get install gcc-mingw-w64-x86-64-win32)"
        fi
    )
fi

for wheel in "$out"/himds-*-abi3-*.whl; do
    abi3audit --strict "$wheel"
done
py/tools/install-test.sh "$(ls "$out"/himds-*-abi3-manylinux*_"$(uname -m)".whl)"
for wheel in "$out"/himds-*-abi3-*aarch64.whl; do
    [ ! -e "$wheel" ] || py/tools/arm64-test.sh "$(realpath "$wheel")"
done
ls -l "$out"
