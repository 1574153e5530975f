# shellcheck shell=sh
# For scripts that need what a machine may lack; to be sourced.

# Runs a command that ends with 77 after saying what it did not find: then the script ends well.
need() {
    status=0
    "$@" || status=$?
    case $status in
    0) ;;
    77) exit 0 ;;
    *) exit "$status" ;;
    esac
}

# Ends the script well, and says why, if it does not run as root.
need_root() {
    [ "$(id -u)" = 0 ] && return
    echo "skipped: root not found"
    exit 0
}

# Ends the script well, and says why, if one of these tools is missing.
need_tools() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null && continue
        echo "skipped: $tool not found"
        exit 0
    done
}
