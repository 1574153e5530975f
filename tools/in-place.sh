# shellcheck shell=sh
# A directory that is made elsewhere and then moved to its place, so that what is there is always complete; to be sourced.

# Sets `work` to a new directory next to DIRECTORY, removed at the end: make_for DIRECTORY
make_for() {
    mkdir -p "$(dirname "$1")"
    work=$(mktemp -d -p "$(dirname "$1")")
    trap 'rm -rf "$work"' EXIT
}

move_to() { # MADE DIRECTORY
    rm -rf "$2"
    mv -T "$1" "$2"
}
