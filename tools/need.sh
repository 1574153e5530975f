#!/bin/sh
# Names each tool that is missing, with the command that installs it.
missing=0
for tool in "$@"; do
    command -v "$tool" >/dev/null && continue
    missing=1
    case $tool in
    cargo) how="https://rustup.rs, or apt-get install rustup" ;;
    cc) how="apt-get install gcc libc6-dev" ;;
    python3) how="apt-get install python3 python3-venv" ;;
    *) how="apt-get install $tool" ;;
    esac
    echo "$tool not found: install it with: $how" >&2
done
if [ $missing = 0 ] && command -v python3 >/dev/null && ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "python3 cannot make virtual environments: install that with: apt-get install python3-venv" >&2
    missing=1
fi
exit $missing
