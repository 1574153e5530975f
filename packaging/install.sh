#!/bin/sh
# Installs the C library, or removes it: the one place that knows which file goes where. `make install`,
# `make uninstall`, `make dist` and `make deb` call it.
#
#   install.sh install|uninstall BUILD VERSION
#
# BUILD is the directory with libhimds.so and libhimds.a. From the environment: PREFIX, LIBDIR, INCLUDEDIR, DESTDIR;
# RELOCATABLE=1 writes a himds.pc that finds its files from its own place (for archives).
set -eu
# Everybody may read what is installed, also if root's own files are private.
umask 022

action=$1 build=$2 version=$3
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
destination=${DESTDIR:-}
lib=$destination$libdir
# What `rustc --print native-static-libs` names on glibc, except libgcc_s, which a wholly static program does not have and
# the compiler adds to any other; the tests link the static library with nothing more.
static_libs='-lutil -lrt -lpthread -lm -ldl -lc'

fill() { # TEMPLATE TARGET PREFIX LIBDIR INCLUDEDIR
    sed -e "s|@PREFIX@|$3|" -e "s|@LIBDIR@|$4|" -e "s|@INCLUDEDIR@|$5|" -e "s|@VERSION@|$version|" \
        -e "s|@STATIC_LIBS@|$static_libs|" "$root/packaging/$1" >"$2"
    chmod 644 "$2"
}

# The CMake package finds the headers from its own place if they are below the same prefix, so that it may be moved.
cmake_includedir() {
    case $includedir in
    "$prefix"/*)
        up=$(printf '%s' "${libdir#"$prefix"/}/cmake/himds" | sed 's|[^/][^/]*|..|g')
        printf '%s' "$up/${includedir#"$prefix"/}"
        ;;
    *) printf '%s' "$includedir" ;;
    esac
}

case $action in
install)
    mkdir -p "$lib/pkgconfig" "$lib/cmake/himds" "$destination$includedir"
    install -m 755 "$build/libhimds.so" "$lib/libhimds.so.$version"
    ln -sf "libhimds.so.$version" "$lib/libhimds.so.1"
    ln -sf libhimds.so.1 "$lib/libhimds.so"
    install -m 644 "$build/libhimds.a" "$lib/libhimds.a"
    install -m 644 "$root"/include/himds.h "$root"/include/himds*.hpp "$destination$includedir/"
    if [ "${RELOCATABLE:-}" = 1 ]; then
        # shellcheck disable=SC2016 # pkg-config expands them
        fill himds.pc.in "$lib/pkgconfig/himds.pc" '${pcfiledir}/../..' '${prefix}/lib' '${prefix}/include'
    else
        fill himds.pc.in "$lib/pkgconfig/himds.pc" "$prefix" "$libdir" "$includedir"
    fi
    fill cmake/himds-config.cmake.in "$lib/cmake/himds/himds-config.cmake" "$prefix" "$libdir" "$(cmake_includedir)"
    fill cmake/himds-config-version.cmake.in "$lib/cmake/himds/himds-config-version.cmake" "$prefix" "$libdir" ''
    # The linker's cache, when installing for this machine and not into a package.
    if [ -z "$destination" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi
    ;;
uninstall)
    rm -f "$lib/libhimds.so.1" "$lib/libhimds.so.$version" "$lib/libhimds.so" "$lib/libhimds.a" "$lib/pkgconfig/himds.pc" \
        "$destination$includedir"/himds.h "$destination$includedir"/himds.hpp "$destination$includedir"/himds_error.hpp \
        "$lib/cmake/himds/himds-config.cmake" "$lib/cmake/himds/himds-config-version.cmake"
    if [ -d "$lib/cmake/himds" ]; then rmdir "$lib/cmake/himds"; fi
    if [ -z "$destination" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi
    ;;
*)
    echo "usage: $0 install|uninstall BUILD VERSION" >&2
    exit 2
    ;;
esac
