#!/bin/bash
# A driver that knows nothing: it answers by the requested resource, so that the runner itself can be tested.
while IFS= read -r line; do
    case "$line" in
        client*endpoint=*) endpoint=${line#*endpoint=} endpoint=${endpoint%%$'\t'*} endpoint=${endpoint//%3A/:} endpoint=${endpoint//%2F//}; echo ok ;;
        *resource=timeout*) printf 'error\tkind=timeout\tstatus=101\tmessage=no%%20answer\thint=wait\tattempts=1\n' ;;
        *resource=nohint*) printf 'error\tkind=timeout\tstatus=101\tmessage=no%%20answer\thint=\n' ;;
        *resource=die*) echo "last words" >&2; exit 3 ;;
        *resource=lacking*) echo unsupported ;;
        *resource=unsayable*) printf 'unsupported\tmessage=no%%20such%%20text\n' ;;
        *resource=diagnosis*)
            port='{"name":"port","status":"ok","detail":"open","fix":""}'
            clock='{"name":"clock","status":"warning","detail":"it is ahead","fix":"Set it."}'
            json="{\"findings\":[$port,$clock]}"
            printf 'ok\tjson=%s\n' "${json// /%20}" ;;
        *resource=empty*) echo ok ;;
        *resource=babble*) echo "Hello" ;;
        *resource=real* | *resource=leak*)
            exec 3<>"/dev/tcp/127.0.0.1/${endpoint##*:}"
            printf 'GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=x HTTP/1.1\r\nHost: x\r\nMetadata: true\r\nConnection: close\r\n\r\n' >&3
            token=$(sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' <&3)
            exec 3<&-
            case "$line" in
                *resource=leak-to-imds*)
                    exec 3<>"/dev/tcp/127.0.0.1/${endpoint##*:}"
                    printf 'GET /elsewhere HTTP/1.1\r\nHost: x\r\nMetadata: true\r\nAuthorization: Basic %s\r\nConnection: close\r\n\r\n' "$token" >&3
                    cat <&3 >/dev/null
                    exec 3<&-
                    printf 'ok\tsecret=%s\n' "$token" ;;
                *resource=leak-stderr*) echo "got $token" >&2; printf 'ok\tsecret=%s\n' "$token" ;;
                *resource=leak*) printf 'ok\tsecret=%s\trepr=Token(%s)\n' "$token" "$token" ;;
                *) printf 'ok\tsecret=%s\trepr=Token(...)\texpires_on=%s\n' "$token" "$(($(date +%s) + 3600))" ;;
            esac ;;
        exit) exit 0 ;;
        *) printf 'ok\tsecret=made-up-by-the-driver\n' ;;
    esac
done
