#!/bin/sh
# Usage: kiota.sh PYTHON VERSION...
# Older versions of the Graph SDK's authentication, each into .cache/kiota-VERSION; what they need is in the environment.
set -eu
cd "$(dirname "$0")/../.."
python=$1
shift
for version in "$@"; do
    directory=.cache/kiota-$version
    if [ ! -d "$directory/kiota_authentication_azure" ]; then
        "$python" -m pip install --quiet --no-deps --target "$directory" \
            "microsoft-kiota-authentication-azure==$version" "microsoft-kiota-abstractions==$version"
    fi
done
