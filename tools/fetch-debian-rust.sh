#!/bin/bash
# Unpacks Debian's Rust into a directory, for targets that need the standard library built from its source: the
# compiler, cargo, clippy, that source, and the ready library for arm64. Nothing is installed and no foreign architecture
# is added to this system: apt works on lists of its own.
#
# usage: tools/fetch-debian-rust.sh [DIRECTORY]      (default: .cache/debian-rust)
# then:  export RUSTC=DIRECTORY/bin/rustc RUSTDOC=DIRECTORY/bin/rustdoc RUSTC_BOOTSTRAP=1
#        DIRECTORY/bin/cargo build --target x86_64-pc-windows-gnu -Z build-std=std,panic_unwind
set -euo pipefail

cd "$(dirname "$0")/.."
target=${1:-.cache/debian-rust}
[ -x "$target/bin/cargo" ] && exit 0
. tools/apt-apart.sh
. tools/in-place.sh
make_for "$target"
mkdir -p "$work"/packages "$work"/rust/{root,bin}
apart "$work/apt" amd64 arm64
# The package's name holds the version, which follows the compiler's.
shared=$(apt-cache "${apart[@]}" depends libstd-rust-web-dev |
    sed -n 's/.*Depends: \(libstd-rust-web-[0-9.]*\)$/\1/p' | sed -n 1p)
(
    cd "$work/packages"
    apt-get "${apart[@]}" -qq download \
        rustc-web cargo-web rust-web-clippy rust-web-src libstd-rust-web-dev libstd-rust-web-dev:arm64 "$shared" \
        libllvm22 libgit2-1.5 libhttp-parser2.9 libmbedcrypto7 libmbedtls14 libmbedx509-1
)
for package in "$work"/packages/*.deb; do
    dpkg -x "$package" "$work/rust/root"
done

# The programs look for their libraries next to themselves, not in the system, wherever the directory is moved to.
for program in rustc rustdoc cargo cargo-clippy clippy-driver; do
    cat >"$work/rust/bin/$program" <<'END'
#!/bin/sh
usr=$(CDPATH='' cd -- "$(dirname -- "$0")/../root/usr" && pwd)
export LD_LIBRARY_PATH="$usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$usr/bin/${0##*/}" "$@"
END
    chmod +x "$work/rust/bin/$program"
done
test -d "$work/rust/root/usr/lib/rustlib/aarch64-unknown-linux-gnu/lib"
test -d "$work/rust/root/usr/lib/rustlib/src/rust/library/vendor"
move_to "$work/rust" "$target"
"$target/bin/rustc" --version
"$target/bin/cargo" --version
