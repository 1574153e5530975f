#!/bin/bash
# A client of curl and jq, and its driver: the example of docs/conformance.md for a language without an SDK.
token_url=/metadata/identity/oauth2/token

# The client: prints the answer's JSON, or fails and prints what its user would see.
get() { # CURL-OPTION... URL
    curl --silent --show-error --fail-with-body --noproxy '*' --header 'Metadata: true' --get --data-urlencode "resource=$resource" "$@" 2>&1
}

himds_token() { # URL
    local realms file
    realms=$(get --data api-version=2020-06-01 --dump-header - --output /dev/null "$1" | tr -d '\r' | sed -n 's/^www-authenticate: *//Ip')
    file=${realms#Basic realm=}
    # One header, of one line, with a file directly in the directory.
    if [[ $realms != "Basic realm=$token_dir/"* || ${file#"$token_dir/"} == */* || $file != *.key || $realms == *$'\n'* ]]; then
        echo "not a challenge of the agent: $realms"
    elif [ ! -f "$file" ] || [ "$(wc -c <"$file")" -gt 4096 ]; then
        echo "not a key file: $file"
    else
        get --data api-version=2020-06-01 --header "Authorization: Basic $(<"$file")" "$1"
        return
    fi
    return 1
}

imds_token() { # URL
    get --data api-version=2018-02-01 "$1"
}

# The driver.
decode() { printf '%b' "${1//%/\\x}"; }
encode() { jq -Rrj -n --arg text "$1" '$text | @uri'; }

client() {
    case $source in
        himds) address=$endpoint$token_url ;;
        imds) address=${endpoint:-http://169.254.169.254}$token_url ;;
        *) source=himds address=${environment[IDENTITY_ENDPOINT]} ;;
    esac
    echo ok
}

token() {
    local answer secret
    if answer=$("${source}_token" "$address") && secret=$(jq -r '.access_token // ""' <<<"$answer" 2>&1) && [ -n "$secret" ]; then
        printf 'ok\tsecret=%s\texpires_on=%s\n' "$(encode "$secret")" "$(jq -r .expires_on <<<"$answer")"
    else
        printf 'error\tmessage=%s\n' "$(encode "$answer")"
    fi
}

while IFS= read -r line; do
    IFS=$'\t' read -ra words <<<"$line"
    operation=${words[0]} unknown=
    case $operation in
        client)
            declare -A environment=()
            source='' endpoint='' token_dir=/var/opt/azcmagent/tokens
            ;;
        token) resource='' ;;
        exit) exit ;;
        *) unknown=$operation ;;
    esac
    for word in "${words[@]:1}"; do
        name=${word%%=*} value=$(decode "${word#*=}")
        case $operation.$name in
            client.source | client.endpoint | client.token_dir | token.resource) printf -v "$name" %s "$value" ;;
            client.env.*) environment[${name#env.}]=$value ;;
            *) unknown=$name ;;
        esac
    done
    if [ -n "$unknown" ]; then
        printf 'unsupported\tmessage=%s\n' "$(encode "this client has no $unknown")"
    else
        "$operation"
    fi
done
