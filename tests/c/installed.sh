#!/bin/bash
# The installed library: the examples are built against it by pkg-config and by CMake, dynamic and static, and against the
# unpacked archive, and run; then everything is uninstalled and nothing is left.
#
#   installed.sh DIRECTORY_OF_THE_LIBRARY VERSION EMULATOR
set -u
build=$1 version=$2 emulator=$3
cd "$(dirname -- "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }
run() { # DIRECTORY SUFFIX LIBRARY_PATH
    AZURE=1 LD_LIBRARY_PATH=$3 tests/c/with-agent.sh "$emulator" tests/c/run-examples.sh "$1" "$2" 2>"$work/err"
    case $? in 0 | 77) ;; *) cat "$work/err"; report 1 "examples in $1" ;; esac
}

# build_all PREFIX OUT NAME: by pkg-config
build_all() {
    local prefix=$1 out=$2
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    mkdir -p "$out"
    local dynamic static
    dynamic="$(pkg-config --cflags --libs himds)"
    # The static library by name, and what it needs: -Bstatic for ours alone.
    static="$(pkg-config --cflags himds) $prefix/lib/libhimds.a $(pkg-config --static --libs-only-l himds | sed 's/-lhimds//')"
    for kind in dynamic static; do
        for example in token metadata daemon; do
            cc -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror "examples/c/$example.c" ${!kind} -pthread -o "$out/$example-$kind" || return 1
        done
        c++ -std=c++17 -Wall -Wextra -Werror examples/cpp/token.cpp ${!kind} -pthread -o "$out/cpp-$kind" || return 1
        if pkg-config --exists libcurl; then
            cc -std=c11 -Wall -Wextra -Werror examples/c/libcurl.c ${!kind} $(pkg-config --cflags --libs libcurl) -o "$out/libcurl-$kind" || return 1
        else
            echo "skipped: libcurl not found: apt-get install libcurl4-openssl-dev"
        fi
    done
    ! ldd "$out/token-static" | grep -q himds && ldd "$out/token-dynamic" | grep -q libhimds.so.1
}

if ! command -v pkg-config >/dev/null; then
    echo "skipped: pkg-config not found: apt-get install pkg-config"
    exit 0
fi

# As root with private files: what is installed is for everybody all the same.
readable() { # DIRECTORY
    ! find "$1" \( -type f ! -perm -0444 -o -type d ! -perm -0555 -o -perm /0022 ! -type l \) | grep .
}
(umask 077 && PREFIX=$work/usr packaging/install.sh install "$build" "$version") && readable "$work/usr"
report $? "everybody may read what is installed under umask 077"
build_all "$work/usr" "$work/bin" && LD_LIBRARY_PATH=$work/usr/lib ldd "$work/bin/token-dynamic" | grep -q "$work/usr/lib/libhimds.so.1"
report $? "examples built by pkg-config, dynamic and static"
run "$work/bin" -dynamic "$work/usr/lib"
run "$work/bin" -static ''

cc -static -std=c11 -D_POSIX_C_SOURCE=200809L examples/c/token.c \
    $(PKG_CONFIG_PATH=$work/usr/lib/pkgconfig pkg-config --static --cflags --libs himds) -o "$work/bin/wholly-static" 2>"$work/log" ||
    cat "$work/log"
[ -x "$work/bin/wholly-static" ] && ! ldd "$work/bin/wholly-static" >/dev/null 2>&1
report $? "an example built wholly static"

if command -v cmake >/dev/null; then
    # If /lib is a link to /usr/lib, the package is found through it.
    mkdir -p "$work/merged" && ln -sfn "$work/usr/lib" "$work/merged/lib"
    cmake -S tests/c/cmake -B "$work/cmake-merged" -DEXAMPLES="$PWD/examples" -DCMAKE_PREFIX_PATH="$work/merged" >"$work/log" 2>&1 || cat "$work/log"
    [ -f "$work/cmake-merged/Makefile" ] || [ -f "$work/cmake-merged/build.ninja" ]
    report $? "the CMake package is found through a link"
    cmake -S tests/c/cmake -B "$work/cmake" -DEXAMPLES="$PWD/examples" -DCMAKE_PREFIX_PATH="$work/usr" >"$work/log" 2>&1 &&
        cmake --build "$work/cmake" >>"$work/log" 2>&1 || cat "$work/log"
    [ -x "$work/cmake/cpp-static" ] && [ -x "$work/cmake/daemon-himds" ]
    report $? "examples built by CMake, dynamic and static"
    run "$work/cmake" -himds ''
    run "$work/cmake" -static ''
else
    echo "skipped: cmake not found: apt-get install cmake"
fi

PREFIX=$work/usr packaging/install.sh uninstall "$build" "$version"
[ -z "$(find "$work/usr" ! -type d)" ]
report $? "uninstall leaves no file"

DESTDIR=$work/stage PREFIX=/opt/himds LIBDIR=/opt/himds/lib64 packaging/install.sh install "$build" "$version"
PKG_CONFIG_PATH=$work/stage/opt/himds/lib64/pkgconfig pkg-config --libs himds | grep -q "^-L/opt/himds/lib64 -lhimds *$"
report $? "DESTDIR, PREFIX and LIBDIR are kept apart"

(umask 077 && packaging/dist.sh "$build" "$version" test >/dev/null) && mkdir "$work/unpacked" &&
    tar -xpzf "dist/himds-$version-test.tar.gz" -C "$work/unpacked" && rm "dist/himds-$version-test.tar.gz" &&
    readable "$work/unpacked/himds-$version-test" &&
    build_all "$work/unpacked/himds-$version-test" "$work/archive"
report $? "examples built against the unpacked archive, which everybody may read"
run "$work/archive" -dynamic "$work/unpacked/himds-$version-test/lib"
exit $((failures > 0))
