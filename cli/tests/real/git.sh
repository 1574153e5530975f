#!/bin/bash
# A real git clones from, and pushes to, dev.azure.com (an https server of our own under that name) with the token that
# himds git-credential gives it: as a password, and from git 2.46 on as a bearer token.
#
#   git.sh EMULATOR HIMDS
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ "${3:-}" != inside ]; then exec "$1" --no-imds -- "$0" "$1" "$2" inside; fi
himds="$2 git-credential --token-dir $HIMDS_EMULATOR_TOKEN_DIR"
skip() { echo "skipped: $1 not found ($2)"; exit 0; }
command -v openssl >/dev/null || skip openssl "apt-get install openssl"
command -v python3 >/dev/null || skip python3 "apt-get install python3"

scratch=$(mktemp -d)
trap '[ -z "${SERVER_PID:-}" ] || kill "$SERVER_PID" 2>/dev/null; rm -rf "$scratch"' EXIT
fail() { echo "git: $1" >&2; cat "$scratch"/*.out "$scratch/log" >&2 || true; exit 1; }
unset "${!GIT_@}" SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
export HOME=$scratch GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
token=$("$2" token 499b84ac-1321-427f-aa17-267ca6975798 --token-dir "$HIMDS_EMULATOR_TOKEN_DIR")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj /CN=dev.azure.com \
    -addext "subjectAltName=DNS:dev.azure.com,DNS:other.example" -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null

try() { # GIT FORM: the credential's form that the server must have seen
    local git=$1 form=$2 work=$scratch/$2
    mkdir -p "$work"
    "$git" init -q --bare "$scratch/repos/$form.git"
    "$git" -C "$scratch/repos/$form.git" config http.receivepack true
    : >"$scratch/log"
    local url=https://dev.azure.com:$port/$form.git
    local options=(-c "http.curloptResolve=dev.azure.com:$port:127.0.0.1" -c "http.curloptResolve=other.example:$port:127.0.0.1"
        -c "http.sslCAInfo=$scratch/cert.pem" -c "credential.helper=!$himds")
    "$git" "${options[@]}" clone -q "$url" "$work/clone" 2>"$scratch/clone.out" || fail "$git cannot clone"
    echo x >"$work/clone/file"
    "$git" -C "$work/clone" add file
    "$git" -C "$work/clone" commit -qm x
    "$git" -C "$work/clone" "${options[@]}" push -q origin HEAD:main 2>"$scratch/push.out" || fail "$git cannot push"
    "$git" -C "$scratch/repos/$form.git" rev-parse -q --verify main >/dev/null || fail "nothing came to the server"
    [ "$(sort -u "$scratch/log" | xargs)" = "$(printf '%s\n' none "$form" | sort | xargs)" ] || fail "the server saw something other than $form"
    # Another host is given nothing, though git asks there too.
    : >"$scratch/log"
    ! "$git" "${options[@]}" ls-remote "https://other.example:$port/$form.git" 2>"$scratch/other.out" || fail "another host was given the token"
    [ "$(sort -u "$scratch/log")" = none ] || fail "another host was given something"
    # The example, which names the host without a port.
    sed "s|https://dev.azure.com|&:$port|; s|!himds git-credential|!$himds|" "$here/../../../examples/tools/gitconfig" >"$scratch/.gitconfig"
    "$git" "${options[@]:0:6}" -c credential.helper=false ls-remote -q "$url" >/dev/null 2>"$scratch/example.out" || fail "$git fails with the example"
    rm "$scratch/.gitconfig"
    ! grep -rqF "$token" "$work" "$scratch"/*.out || fail "the token is left behind"
    echo "git: $("$git" --version), $form: ok"
}

newest=$(command -v git || skip git "apt-get install git")
oldest=/usr/bin/git
coproc SERVER { exec python3 "$here/devops.py" "$scratch" "$newest" "$token" 2>"$scratch/server.out"; }
read -r port <&"${SERVER[0]}" || fail "the server did not start"
takes_bearer() { [ "$(printf '%s\n' 2.46 "$("$1" --version | cut -d' ' -f3)" | sort -V | head -1)" = 2.46 ]; }
bearer='' basic=''
for git in "$newest" "$oldest"; do
    [ -x "$git" ] || continue
    if takes_bearer "$git"; then form=bearer; else form=basic; fi
    [ -z "${!form}" ] || continue
    try "$git" "$form"
    printf -v "$form" %s tried
done
[ -n "$bearer" ] || echo "skipped: git 2.46 not found (for a bearer token)"
[ -n "$basic" ] || echo "skipped: git before 2.46 not found (for a password)"
