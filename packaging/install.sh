#!/bin/sh
# Installs the C library and the command himds, or removes them: the one place that knows which file goes where. `make install`,
# `make uninstall`, `make archive` and `make deb` call it.
#
#   install.sh install|uninstall BUILD VERSION
#
# BUILD is the directory with libhimds.so, libhimds.a and, to install the command as well, himds. From the environment: PREFIX, LIBDIR, INCLUDEDIR, DESTDIR;
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
program=$destination$prefix/bin/himds
share=$destination$prefix/share
manual=$share/man/man1/himds.1
bash=$share/bash-completion/completions/himds
zsh=$share/zsh/site-functions/_himds
fish=$share/fish/vendor_completions.d/himds.fish
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

# The program, its manual page and, if it runs on this machine, what completes it in shells.
install_command() {
    install -D -m 755 "$build/himds" "$program"
    install -D -m 644 "$root/cli/himds.1" "$manual"
    "$build/himds" --version >/dev/null 2>&1 || return 0
    completion bash "$bash"
    completion zsh "$zsh"
    completion fish "$fish"
}

completion() { # SHELL FILE
    mkdir -p "$(dirname "$2")"
    "$build/himds" completion "$1" >"$2"
    chmod 644 "$2"
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
    if [ -f "$build/himds" ]; then install_command; fi
    # The linker's cache, when installing for this machine and not into a package.
    if [ -z "$destination" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi
    ;;
uninstall)
    rm -f "$lib/libhimds.so.1" "$lib/libhimds.so.$version" "$lib/libhimds.so" "$lib/libhimds.a" "$lib/pkgconfig/himds.pc" \
        "$destination$includedir"/himds.h "$destination$includedir"/himds.hpp "$destination$includedir"/himds_error.hpp \
        "$lib/cmake/himds/himds-config.cmake" "$lib/cmake/himds/himds-config-version.cmake" \
        "$program" "$manual" "$bash" "$zsh" "$fish"
    if [ -d "$lib/cmake/himds" ]; then rmdir "$lib/cmake/himds"; fi
    if [ -z "$destination" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi
    ;;
*)
    echo "usage: $0 install|uninstall BUILD VERSION" >&2
    exit 2
    ;;
esac
