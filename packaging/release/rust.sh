# shellcheck shell=sh
# Sets `cargo_build` to the words that build for $triple, and what they need in the environment; to be sourced after
# target.sh. zig links against glibc 2.17 and against musl. A Rust that has neither the target's standard library nor its
# source is replaced by Debian's, which has both and is unpacked under .cache/ without being installed.

case $name in
win-x64)
    require x86_64-w64-mingw32-gcc=gcc-mingw-w64-x86-64-win32
    # The linker writes this date into the file, and cargo does not link again if only the date changes: a fixed one.
    SOURCE_DATE_EPOCH=315532800
    ;;
esac
"$root/py/tools/venv.sh" "$root/.cache/venv-dist" "$root/py/requirements-build.txt" "$root/py/requirements-wheels.txt"
PATH=$root/.cache/venv-dist/bin:$PATH

rustlib=$(rustc --print sysroot)/lib/rustlib
std=
if [ ! -d "$rustlib/$triple/lib" ]; then
    if [ ! -d "$rustlib/src/rust/library" ]; then
        debian=$root/.cache/debian-rust
        [ -x "$debian/bin/cargo" ] || "$root/tools/fetch-debian-rust.sh" "$debian"
        if [ ! -x "$debian/bin/cargo" ]; then
            echo "skipped: Rust for $triple not found (rustup target add $triple)"
            exit 77
        fi
        PATH=$debian/bin:$PATH
        export RUSTC="$debian/bin/rustc" RUSTDOC="$debian/bin/rustdoc" CARGO="$debian/bin/cargo"
        rustlib=$("$RUSTC" --print sysroot)/lib/rustlib
    fi
    export RUSTC_BOOTSTRAP=1
    [ -d "$rustlib/$triple/lib" ] || std="-Z build-std=std,panic_unwind"
fi
export PATH CARGO_INCREMENTAL=0

# No path of the machine that builds may be in what is shipped; of two prefixes that fit, the later one counts.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
short=
# cargo names what is below the project by its path from there.
for prefix in "$root" "$cargo_home" "$cargo_home"/registry/src/* "$rustlib" "${rustlib#"$root"/}"; do
    short="$short --remap-path-prefix=$prefix/="
done
export RUSTFLAGS="${RUSTFLAGS:-}$short"

case $name in
win-x64) cargo_build="cargo build --quiet --release --locked --target $triple $std" ;;
linux-musl-*) cargo_build="cargo-zigbuild build --quiet --release --locked --target $triple $std" ;;
*) cargo_build="cargo-zigbuild build --quiet --release --locked --target $triple.2.17 $std" ;;
esac
