#!/bin/sh
# Unpacks an archive of the library, builds the C and C++ examples against it, dynamic and static, and lets them get a token
# from the emulator: library.sh ARCHIVE.
set -eu

file=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/tests/dist/runner.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $file in
*.zip) python3 -m zipfile -e "$file" "$work" ;;
*) tar -xzf "$file" -C "$work" ;;
esac
at=$(echo "$work"/libhimds-*)
case $file in
*-musl-arm64*)
    machine=aarch64
    musl_compilers $machine
    ;;
*-musl-*)
    machine=x86_64
    musl_compilers $machine
    ;;
esac

use() { # PROGRAM
    status=0
    with_agent "$1" >"$work/out" 2>&1 || status=$?
    if grep -q -e '^eyJ' -e '^Bearer token of' "$work/out"; then
        echo "ok a token by $(basename "$1") of $(basename "$file")"
    elif [ $status = 77 ]; then
        grep '^skipped' "$work/out"
    else
        cat "$work/out"
        echo "FAILED $(basename "$1") of $(basename "$file")"
        exit 1
    fi
}
case $file in
*.zip)
    # What the standard library of Rust and the library itself take from Windows.
    system='-lws2_32 -lbcrypt -luserenv -lntdll -liphlpapi -lole32 -lshell32 -ladvapi32 -lsynchronization -lkernel32'
    cp "$at/bin/himds.dll" "$work/"
    "$cc" -std=c11 -I"$at/include" "$root/examples/c/token.c" -L"$at/lib" -lhimds -o "$work/token-mingw.exe"
    # In the form of Microsoft's compiler, which MinGW reads as well.
    "$cc" -std=c11 -I"$at/include" "$root/examples/c/token.c" "$at/lib/himds.lib" -o "$work/token-msvc.exe"
    # shellcheck disable=SC2086 # words
    "$cc" -std=c11 -I"$at/include" "$root/examples/c/token.c" "$at/lib/libhimds.a" $system -o "$work/token-static.exe"
    if command -v "$cxx" >/dev/null; then
        "$cxx" -std=c++17 -static -I"$at/include" "$root/examples/cpp/token.cpp" "$at/lib/himds.lib" -o "$work/token-cpp.exe"
    else
        echo "skipped: $cxx not found (apt-get install g++-mingw-w64-x86-64-posix)"
    fi
    for program in "$work"/token-*.exe; do use "$program"; done
    ;;
*)
    PKG_CONFIG_PATH=$at/lib/pkgconfig
    export PKG_CONFIG_PATH
    flags=$(pkg-config --define-prefix --cflags himds)
    static=$cc system='-lutil -lrt -lpthread -lm -ldl'
    case $file in
    *-musl-*)
        # What unwinds in Debian's gcc needs glibc; zig has that for musl, and is what built the library.
        zig=$root/.cache/venv-dist/bin/python
        if [ -x "$zig" ]; then
            static="$zig -m ziglang cc -target $machine-linux-musl" system=-lunwind
        else
            static=: system=
            echo "skipped: zig not found (make dist): the static library is not linked"
        fi
        ;;
    esac
    # shellcheck disable=SC2046,SC2086 # words
    {
        $cc -std=c11 $flags "$root/examples/c/token.c" -L"$at/lib" -lhimds -Wl,-rpath,"$at/lib" -o "$work/token-dynamic"
        $static -std=c11 $flags "$root/examples/c/token.c" "$at/lib/libhimds.a" $system -o "$work/token-static"
        if [ -n "$cxx" ] && command -v "${cxx%% *}" >/dev/null; then
            $cxx -std=c++17 $flags "$root/examples/cpp/token.cpp" -L"$at/lib" -lhimds -Wl,-rpath,"$at/lib" -o "$work/token-cpp"
        elif [ -n "$cxx" ]; then
            echo "skipped: $cxx not found (apt-get install g++, for this processor)"
        fi
    }
    for program in "$work"/token-*; do use "$program"; done
    ;;
esac
