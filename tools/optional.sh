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
