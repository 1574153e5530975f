#!/bin/bash
# Runs the scenarios through other makers' clients and writes docs/conformance-results.md: run.sh EMULATOR [CLIENT...]
# Needs root on Linux, since these clients have the agent's directory and the address of IMDS built in.
set -euo pipefail

emulator=$1
shift
cd "$(dirname "$0")/../.."
here=$PWD/tests/conformance cache=$PWD/.cache results=$PWD/target/conformance
mkdir -p "$results"
if [ "$(id -u)" != 0 ]; then
    echo "skipped: root not found"
    exit 0
fi

venv() { # NAME REQUIREMENT...
    local folder=$cache/conformance-$1
    shift
    [ -x "$folder/bin/python" ] || python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "$@"
    python=$folder/bin/python
}

# What is run, and how the client calls itself.
prepare() { # CLIENT
    case $1 in
    azure-identity-python | azure-identity-python-aio)
        venv azure-identity azure-identity msal aiohttp
        driver="$python $here/python/azure_identity_driver.py" title="azure-identity (Python)"
        [ "$1" = azure-identity-python ] || driver="$driver aio" title="azure-identity (Python, aio)"
        release=$("$python" -c 'import azure.identity, msal; print(f"{azure.identity.__version__} with msal {msal.__version__}")')
        ;;
    msal | msal-1.32.1)
        if [ "$1" = msal ]; then venv msal msal requests; else venv msal-1.32.1 msal==1.32.1 requests; fi
        driver="$python $here/python/msal_driver.py" title="msal (Python)"
        release=$("$python" -c 'import msal; print(msal.__version__)')
        ;;
    azure-identity-node)
        local folder=$cache/conformance-node
        mkdir -p "$folder"
        (cd "$folder" && npm install --silent --no-audit --no-fund --no-package-lock --prefix . @azure/identity)
        # Node looks for packages next to the file that needs them.
        cp "$here/node/azure-identity.cjs" "$folder/"
        driver="node $folder/azure-identity.cjs" title="@azure/identity (Node)"
        release=$(node -p "require('$folder/node_modules/@azure/identity/package.json').version")
        ;;
    azure-identity-rust)
        cargo build --quiet --locked --target-dir target/azure-identity --manifest-path "$here/rust/Cargo.toml"
        driver=$PWD/target/azure-identity/debug/azure-identity-driver title="azure_identity (Rust)"
        release=$(sed -n '/^name = "azure_identity"/{n;s/version = "\(.*\)"/\1/p}' "$here/rust/Cargo.lock")
        ;;
    *)
        echo "unknown client $1" >&2
        exit 2
        ;;
    esac
}

clients=("$@")
[ $# -gt 0 ] || clients=(azure-identity-python azure-identity-python-aio msal msal-1.32.1 azure-identity-node azure-identity-rust)
for client in "${clients[@]}"; do
    prepare "$client"
    echo "== $title $release"
    printf '%s\t%s\n' "$title" "$release" >"$results/$client.title"
    # 1 says that a rule failed, which is what the page is for.
    "$emulator" conformance --real-places --patience 4 --jobs 8 --quiet --json "$results/$client.json" --driver "$driver" \
        >"$results/$client.log" || [ $? = 1 ]
    tail -n 3 "$results/$client.log"
done
python3 "$here/page.py" "$results" docs/conformance-results.md
