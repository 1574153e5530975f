#!/bin/sh
# Prints the CPython interpreters of this machine, oldest first, one for each minor version from 3.9 on: those on PATH
# and those that pyenv keeps.
for minor in 9 10 11 12 13 14 15; do
    for candidate in "python3.$minor" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3."$minor".*/bin/python3; do
        if "$candidate" -c "import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null; then
            command -v "$candidate"
            break
        fi
    done
done
