#!/bin/sh
# Builds libhimds1, libhimds-dev, himds (the command), himds-bridge (its daemon's units) and himds-emulator into dist/.
#
#   build.sh BUILD VERSION
#
# From the environment, for another processor than this machine's: ARCH is Debian's name of it, STRIP its strip.
set -eu

build=$1 version=$2
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
arch=${ARCH:-$(dpkg --print-architecture)}
case $arch in
amd64) multiarch=x86_64-linux-gnu ;;
arm64) multiarch=aarch64-linux-gnu ;;
*) multiarch=$(dpkg-architecture -a"$arch" -qDEB_HOST_MULTIARCH) ;;
esac
strip=${STRIP:-strip}
maintainer='himds contributors <himds@users.noreply.github.com>'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

all=$work/all lib=$work/libhimds1 dev=$work/libhimds-dev command=$work/himds tools=$work/himds-emulator bridge=$work/himds-bridge
libdir=usr/lib/$multiarch
PREFIX=/usr LIBDIR=/$libdir DESTDIR=$all "$root/packaging/install.sh" install "$build" "$version"

# Made on another processor, the shells' completions are those that the command printed on this one.
if [ ! -e "$all/usr/share/bash-completion/completions/himds" ]; then "$root/packaging/completions.sh" "$all/usr/share"; fi

mkdir -p "$lib/$libdir" "$dev/$libdir" "$dev/usr" "$command/usr" "$tools/usr/bin"
mv "$all/$libdir/libhimds.so.$version" "$all/$libdir/libhimds.so.1" "$lib/$libdir/"
mv "$all/$libdir"/* "$dev/$libdir/"
mv "$all/usr/include" "$dev/usr/"
mv "$all/usr/bin" "$all/usr/share" "$command/usr/"
# Debian keeps zsh's completions of packages apart from an administrator's own.
mv "$command/usr/share/zsh/site-functions" "$command/usr/share/zsh/vendor-completions"
gzip -9n "$command/usr/share/man/man1/himds.1"
install -m 755 "$build/himds-emulator" "$tools/usr/bin/himds-emulator"
"$strip" --strip-unneeded "$lib/$libdir/libhimds.so.$version" "$command/usr/bin/himds" "$tools/usr/bin/himds-emulator"
"$strip" --strip-debug "$dev/$libdir/libhimds.a"
# Debian's libraries are not programs.
chmod 644 "$lib/$libdir/libhimds.so.$version"
mkdir -p "$dev/usr/share/doc/libhimds-dev"
cp -R "$root/examples/c" "$dev/usr/share/doc/libhimds-dev/examples"
cp -R "$root/examples/cpp" "$dev/usr/share/doc/libhimds-dev/examples/cpp"
"$root/packaging/deb/bridge.sh" "$bridge"
# A checkout may be private; a package is for everybody.
chmod -R u=rwX,go=rX "$dev/usr/share/doc"

# What the dynamic linker and dpkg must know about a shared library.
mkdir -p "$lib/DEBIAN" "$dev/DEBIAN" "$command/DEBIAN" "$tools/DEBIAN"
echo "libhimds 1 libhimds1 (>= $version)" >"$lib/DEBIAN/shlibs"
echo 'activate-noawait ldconfig' >"$lib/DEBIAN/triggers"

# The oldest C library that has the symbols which it uses, read from the file, so that it can be of any processor.
depends() { # FILE
    needed=$(readelf -d "$work/$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
    glibc=$(readelf -V "$work/$1" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -V | tail -1)
    packages="libc6 (>= $glibc)"
    for library in $needed; do
        case $library in
        libgcc_s.so.1) packages="$packages, libgcc-s1 (>= 4.2)" ;;
        libc.so.6 | libm.so.6 | libdl.so.2 | libpthread.so.0 | librt.so.1 | libutil.so.1 | ld-linux-*) ;;
        *)
            echo "no package is known for $library" >&2
            exit 1
            ;;
        esac
    done
    echo "$packages"
}

# In Debian's own form, which says where the changes are told.
cat >"$work/changelog" <<EOF
himds ($version) unstable; urgency=medium

  * Version $version: see https://github.com/himds/himds/blob/main/CHANGELOG.md

 -- $maintainer  $(LC_ALL=C TZ=UTC date -R -d "@${SOURCE_DATE_EPOCH:-0}")
EOF

package() { # DIRECTORY NAME SECTION DEPENDS DESCRIPTION LONG [RECOMMENDS]
    doc=$1/usr/share/doc/$2
    mkdir -p "$doc"
    install -m 644 "$root/packaging/deb/copyright" "$doc/copyright"
    gzip -9nc "$work/changelog" >"$doc/changelog.gz"
    multi=same
    case $2 in himds | himds-bridge | himds-emulator) multi=foreign ;; esac
    cat >"$1/DEBIAN/control" <<EOF
Package: $2
Source: himds
Version: $version
Architecture: $arch
Multi-Arch: $multi
Section: $3
Priority: optional
Maintainer: $maintainer
Installed-Size: $(du -sk --exclude=DEBIAN "$1" | cut -f1)
Depends: $4${7:+
Recommends: $7}
Description: $5
$6
EOF
    (cd "$1" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    dpkg-deb --root-owner-group --build "$1" "$root/dist/$2_${version}_$arch.deb" >/dev/null
    echo "dist/$2_${version}_$arch.deb"
}

mkdir -p "$root/dist"
package "$lib" libhimds1 libs "$(depends "libhimds1/$libdir/libhimds.so.$version")" \
    'managed-identity tokens on Azure Arc servers and Azure VMs' \
    ' Gets access tokens and instance metadata from the Azure Connected Machine agent
 (HIMDS) or from the instance metadata service of an Azure VM (IMDS).
 .
 This package has the shared library.'
package "$dev" libhimds-dev libdevel "libhimds1 (= $version)" \
    'managed-identity tokens on Azure Arc and Azure VMs - development files' \
    ' Gets access tokens and instance metadata from the Azure Connected Machine agent
 (HIMDS) or from the instance metadata service of an Azure VM (IMDS).
 .
 This package has the headers for C and C++, the static library, the files for
 pkg-config and CMake, and examples.'
package "$command" himds utils "$(depends himds/usr/bin/himds)" \
    'managed-identity tokens on Azure Arc servers and Azure VMs - command' \
    ' Prints access tokens and instance metadata from the Azure Connected Machine agent
 (HIMDS) or from the instance metadata service of an Azure VM (IMDS), says what is
 wrong if there are none, and gives tokens to git and to tools that read a file.'
package "$tools" himds-emulator utils "$(depends himds-emulator/usr/bin/himds-emulator)" \
    'emulator of the identity services of Azure Arc and Azure VMs' \
    ' himds-emulator stands in for the Azure Connected Machine agent (HIMDS) and the
 instance metadata service of an Azure VM (IMDS), for development and tests.'
package "$bridge" himds-bridge admin "himds (= $version), systemd" \
    'managed-identity tokens for services that know only Azure VMs' \
    ' Answers systemd services, users and containers that an administrator names as the
 metadata service of an Azure VM does, on an Azure Arc-enabled server.
 .
 This package has the units and an example of the configuration. It enables and
 starts nothing.' 'nftables'
