#!/bin/sh
# Runs inside the machine of vm.sh. Each line that begins with "vm: " is shown.
failed=0
say() { printf '\nvm: %s\n' "$*"; }
ok() { # NAME COMMAND...
    name=$1
    shift
    if "$@" >/tmp/out 2>&1; then say "ok $name"; else
        failed=1
        say "FAILED $name: $(tr '\n' '|' </tmp/out | cut -c1-1500)"
    fi
}
not() { ! "$@"; }
token='"access_token":"eyJ'

say "$(uname -r), $(systemctl --version | head -1)"
groupadd --system himds
useradd --system --gid himds himds
systemctl start himdsd.service
until [ -d /var/opt/azcmagent/tokens ]; do sleep 0.1; done
ip link set lo up
ip route add 169.254.169.254/32 dev lo src 127.0.0.2
mkdir -p /etc/systemd/system/himds-bridge.service.d
printf '[Service]\nEnvironment=IDENTITY_ENDPOINT=http://localhost:40342/metadata/identity/oauth2/token IMDS_ENDPOINT=http://localhost:40342\n' \
    >/etc/systemd/system/himds-bridge.service.d/agent.conf
cat >>/etc/himds/bridge.toml <<'EOF'
[[allow]]
name = "job"
unit = "vm-job.service"
resource = ["https://storage.azure.com"]
[[allow]]
name = "the web container"
socket = "netns-web"
resource = ["https://vault.azure.net"]
EOF
ip netns add web
ip -n web link set lo up
ip -n web address add 169.254.169.254/32 dev lo
systemctl daemon-reload

ok nothing-is-enabled not systemctl --quiet is-enabled himds-bridge.socket
ok units-are-well-formed systemd-analyze verify --man=no himds-bridge.service himds-bridge.socket himds-bridge-web.socket
ok sockets-start systemctl start himds-bridge.socket himds-bridge-web.socket
ok job systemctl start vm-job.service
ok job-has-a-token grep -q "$token" /run/vm-job.out
ok service-runs systemctl is-active himds-bridge.service
ok job-again systemctl restart vm-job.service
ok job-has-a-token-again grep -q "$token" /run/vm-job.out
systemctl start vm-other.service
ok other-unit-403 grep -q access_denied /run/vm-other.out
journalctl --sync
ok audit-in-fields sh -c 'test "$(journalctl -q -o cat HIMDS_OUTCOME=granted HIMDS_UNIT=vm-job.service HIMDS_RULE=job | wc -l)" = 2'
ok refusal-in-fields sh -c 'journalctl -q -o cat HIMDS_OUTCOME=refused HIMDS_UNIT=vm-other.service | grep -q status=403'
ok bridge-log sh -c 'himds bridge log | grep -q rule=job'
logger -t himds-bridge 'granted rule=forged uid=0'
ok forged-line-is-in-the-journal sh -c 'journalctl --sync; journalctl -q -o cat -t himds-bridge | grep -q rule=forged'
ok bridge-log-shows-the-daemon-alone not sh -c 'himds bridge log | grep -q rule=forged'
web="ip netns exec web curl -sS -m 10 -H Metadata:true http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
ok netns-socket-gets-its-rule sh -c "$web'&resource=https://vault.azure.net' | grep -q access_token"
ok netns-socket-gets-nothing-else sh -c "$web'&resource=https://storage.azure.com' | grep -q access_denied"
ok listener-elsewhere-is-known sh -c 'journalctl -q -o cat -t himds-bridge | grep -q "netns-web, in another network namespace"'
ok reload systemctl reload himds-bridge.service
echo 'nonsense = 1' >>/etc/himds/bridge.toml
systemctl reload himds-bridge.service
ok invalid-reload-keeps-old sh -c "$web'&resource=https://vault.azure.net' | grep -q access_token"
ok invalid-reload-is-told sh -c 'journalctl --sync; journalctl -q -o cat -t himds-bridge -p err | grep -q "keeps its current rules"'
systemctl stop himds-bridge.service
ok invalid-start-refuses not systemctl start himds-bridge.service
sed -i '/^nonsense/d' /etc/himds/bridge.toml
systemctl reset-failed himds-bridge.service
ok starts-again systemctl start himds-bridge.service
pid=$(systemctl show -P MainPID himds-bridge.service)
ok one-thread sh -c "grep -q '^Threads:.1$' /proc/$pid/status"
ok no-capability sh -c "grep -q '^CapEff:.0000000000000000$' /proc/$pid/status"
ok exposure sh -c 'systemd-analyze security --threshold=15 --no-pager himds-bridge.service'
ok check himds bridge check --unit vm-job.service --resource https://storage.azure.com --source himds
say "memory: $(systemctl show -P MemoryCurrent himds-bridge.service) bytes, $(grep VmRSS /proc/"$pid"/status | tr -s '\t ' ' ')"
ok stop systemctl stop himds-bridge.socket himds-bridge-web.socket himds-bridge.service
if [ $failed = 0 ]; then say passed; else
    say "the journal: $(journalctl -q -o cat -t himds-bridge -u himds-bridge.service -n 25 | tr '\n' '|')"
fi
