# shellcheck shell=bash
# apt with lists of its own, so that packages of any architecture can be downloaded and nothing of this system changes; to be
# sourced. Ends with 0 after saying what is not found.
for tool in apt-get apt-cache dpkg; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool not found"; exit 0; }
done
debian_sources=/etc/apt/sources.list.d/debian.sources
[ -f "$debian_sources" ] || { echo "skipped: $debian_sources not found"; exit 0; }

# Reads the lists of some architectures into a directory, and sets `apart` to the options that let apt use them:
# apart DIRECTORY ARCHITECTURE...
apart() {
    local directory architecture
    directory=$(realpath -m "$1")
    mkdir -p "$directory"/{lists/partial,archives/partial,sources}
    cp "$debian_sources" "$directory/sources/"
    apart=(
        -o Dir::State::lists="$directory/lists" -o Dir::Cache="$directory"
        -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$directory/sources" -o APT::Sandbox::User=root
    )
    for architecture in "${@:2}"; do apart+=(-o "APT::Architectures::=$architecture"); done
    apt-get "${apart[@]}" -qq update
}
