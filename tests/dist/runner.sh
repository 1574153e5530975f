# shellcheck shell=sh
# Sets `run` to the words that run a program of a target here, and `cc` and `cxx` to its compilers; to be sourced with the
# file's name in $file. Ends with 0 after saying what is not found.
lacks() {
    echo "skipped: $1 not found (apt-get install $2)"
    exit 0
}
run= cc=cc cxx=c++
case $file in
*linux-arm64*)
    if [ "$(uname -m)" != aarch64 ]; then
        command -v qemu-aarch64-static >/dev/null || lacks qemu-aarch64-static qemu-user-static
        command -v aarch64-linux-gnu-gcc >/dev/null || lacks aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
        run="qemu-aarch64-static -L /usr/aarch64-linux-gnu" cc=aarch64-linux-gnu-gcc cxx=aarch64-linux-gnu-g++
    fi
    ;;
*linux-musl-arm64*)
    if [ "$(uname -m)" != aarch64 ]; then
        command -v qemu-aarch64-static >/dev/null || lacks qemu-aarch64-static qemu-user-static
        run="qemu-aarch64-static -L $root/.cache/musl-arm64"
    fi
    ;;
*win-x64*)
    command -v x86_64-w64-mingw32-gcc >/dev/null || lacks x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64-win32
    run="$root/tools/wine.sh" cc=x86_64-w64-mingw32-gcc cxx=x86_64-w64-mingw32-g++-posix
    ;;
esac

# Sets the compilers of a target for musl: musl-gcc, which Debian has for this processor alone, or zig, which built the library.
# What they link finds musl's loader below .cache/ if this processor is another.
musl_compilers() { # PROCESSOR
    if [ "$1" = "$(uname -m)" ]; then
        command -v musl-gcc >/dev/null || lacks musl-gcc musl-tools
        cc=musl-gcc cxx=
        return
    fi
    "$root/tools/fetch-musl-arm64.sh"
    if [ ! -e "$root/.cache/musl-arm64" ]; then exit 0; fi
    zig=$root/.cache/venv-dist/bin/python
    if [ ! -x "$zig" ]; then
        echo "skipped: zig not found (make dist)"
        exit 0
    fi
    # Without its sanitizer, which takes more from musl than Debian's has.
    cc="$zig -m ziglang cc -fno-sanitize=undefined -target $1-linux-musl -dynamic"
    cxx="$zig -m ziglang c++ -fno-sanitize=undefined -target $1-linux-musl -dynamic"
}

# A program of the build: built PLATFORM NAME.
built() {
    for candidate in "$root/target/dist/$1"/*/release/"$2" "$root/target/dist/$1"/static/*/release/"$2" "$root/target/debug/$2"; do
        if [ -x "$candidate" ]; then echo "$candidate" && return; fi
    done
}

# Runs a program of the target as on an Arc-enabled server: on Windows the emulator is a program for Windows too, the token
# directory is the agent's own, and where the service is stands in the environment. with_agent PROGRAM [ARGUMENT...]
with_agent() {
    case $file in
    *win-x64*)
        windows_emulator=$(built win-x64 himds-emulator.exe)
        if [ -z "$windows_emulator" ]; then
            echo "skipped: himds-emulator.exe not found (make dist STEPS=win-x64)"
            return 77
        fi
        "$run" "$windows_emulator" --token-dir 'C:\ProgramData\AzureConnectedMachineAgent\Tokens' --no-imds -- "$@"
        ;;
    *)
        linux_emulator=$(built linux-x64 himds-emulator)
        if [ -z "$linux_emulator" ]; then
            echo "skipped: himds-emulator not found (make dist STEPS=linux-x64)"
            return 77
        fi
        # shellcheck disable=SC2086 # words
        "$root/tests/c/with-agent.sh" "$linux_emulator" $run "$@"
        ;;
    esac
}
