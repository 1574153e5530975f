# shellcheck shell=sh
# What the scripts of a release have in common; to be sourced, with the target's name in $1:
#
#   linux-x64  linux-arm64              shared and static library and programs for glibc 2.17
#   linux-musl-x64  linux-musl-arm64    the same for musl, with wholly static programs
#   win-x64                             for Windows, by MinGW
#
# The names are .NET's, which the PowerShell module has for its folders.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)
out=$root/dist
name=${1:-linux-x64}
case $name in
linux-x64) triple=x86_64-unknown-linux-gnu deb=amd64 rpm=x86_64 ;;
linux-arm64) triple=aarch64-unknown-linux-gnu deb=arm64 rpm=aarch64 ;;
linux-musl-x64) triple=x86_64-unknown-linux-musl ;;
linux-musl-arm64) triple=aarch64-unknown-linux-musl ;;
win-x64) triple=x86_64-pc-windows-gnu ;;
*)
    echo "unknown target $name" >&2
    exit 2
    ;;
esac
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/dist/$name"
built=$CARGO_TARGET_DIR/$triple/release
programs=$built
case $name in linux-musl-*) programs=$CARGO_TARGET_DIR/static/$triple/release ;; esac
# Every date in what is made is that of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH root version out name triple deb rpm built programs

# Ends with 77, which the release counts as skipped, unless the tools are there: tool=package that has it.
require() {
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null && continue
        echo "skipped: ${pair%%=*} not found (apt-get install ${pair##*=})"
        exit 77
    done
}

# Whether a target is built, from these very sources if all.sh says which ones are.
is_built() {
    case " ${HIMDS_BUILT-$1} " in *" $1 "*) true ;; *) false ;; esac
}
require_built() { # FILE
    if ! is_built "$name" || [ ! -f "$1" ]; then
        echo "skipped: a build of $name from these sources not found (make dist STEPS=$name)"
        exit 77
    fi
}

# The same tree gives the same archive, whoever packs it: pack DIRECTORY NAME ARCHIVE.
pack() {
    mkdir -p "$(dirname "$3")"
    chmod -R u=rwX,go=rX "$1/$2"
    case $3 in
    *.zip) (cd "$1" && find "$2" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} + && rm -f "$3" &&
        find "$2" -type f | LC_ALL=C sort | TZ=UTC zip -qX9 "$3" -@) ;;
    *) tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$1" -c "$2" | gzip -9n >"$3" ;;
    esac
    echo "made ${3#"$root/"}"
}
