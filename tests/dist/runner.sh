# shellcheck shell=sh
# Sets `run` to the words that run a program of a target here, and `cc` and `cxx` to its compilers; to be sourced with the
# file's name in $file. Ends with 0 after saying what is not found.
lacks() {
    echo "skipped: $1 not found (apt-get install $2)"
    exit 0
}
run= cc=cc cxx=c++
case $file in
*-linux-arm64*)
    if [ "$(uname -m)" != aarch64 ]; then
        command -v qemu-aarch64-static >/dev/null || lacks qemu-aarch64-static qemu-user-static
        command -v aarch64-linux-gnu-gcc >/dev/null || lacks aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
        run="qemu-aarch64-static -L /usr/aarch64-linux-gnu" cc=aarch64-linux-gnu-gcc cxx=aarch64-linux-gnu-g++
    fi
    ;;
*-linux-musl-arm64*)
    command -v qemu-aarch64-static >/dev/null || lacks qemu-aarch64-static qemu-user-static
    run=qemu-aarch64-static
    ;;
*-win-x64*)
    command -v x86_64-w64-mingw32-gcc >/dev/null || lacks x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64-win32
    run="$root/tools/wine.sh" cc=x86_64-w64-mingw32-gcc cxx=x86_64-w64-mingw32-g++
    ;;
esac
