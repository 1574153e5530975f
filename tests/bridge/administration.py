"""What an administrator does, and does wrong."""

import os
import re
import signal
import socket
import subprocess

from bridge import *


def himds(*arguments, uid=0):
    return subprocess.run([*as_user(uid), HIMDS, "bridge", *arguments], env=environment(**agents_variables()), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT)


def agents_variables():
    return {name: os.environ[name] for name in ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT")}


@test("config-group-writable-refused")
def group_writable():
    path = write_config(RULES, "writable.toml")
    for mode, good in ((0o644, True), (0o600, True), (0o664, False), (0o646, False), (0o666, False)):
        os.chmod(path, mode)
        done = himds("check", "--config", path, "--source", "himds")
        assert ("can be written by others" in done.stderr, done.returncode == 2) == (not good, not good), (oct(mode), done)
    os.chmod(path, 0o600)
    unreadable = himds("check", "--config", path, uid=BRIDGE)
    assert unreadable.returncode == 2 and f"runs as uid {BRIDGE}; no secret is in the file: chmod 0644" in unreadable.stderr, unreadable
    os.chmod(path, 0o644)
    os.chown(path, OTHER, 0)
    assert f"belongs to uid {OTHER}" in himds("check", "--config", path).stderr
    os.chown(path, 0, 0)
    directory = os.path.dirname(path)
    for mode, owner in ((0o775, 0), (0o757, 0), (0o755, OTHER)):
        os.chmod(directory, mode)
        os.chown(directory, owner, 0)
        done = himds("check", "--config", path)
        assert done.returncode == 2 and directory in done.stderr, (oct(mode), done)
    os.chmod(directory, 0o755)
    os.chown(directory, 0, 0)
    # A name that leads to another's file.
    link = os.path.join(directory, "link.toml")
    target_file = os.path.join(work(), "mine.toml")
    with open(target_file, "w") as file:
        file.write(RULES)
    os.symlink(target_file, link)
    assert himds("check", "--config", link).returncode == 2


@test("invalid-start-refuses")
def invalid_start():
    for rules, why in (("[[allow]\n", "line 1, column 9: "), (RULES + "\n[[allow]]\nuser = 'root'\nresource = ['https://a.b']\n", "together with a unit"),
                       (RULES + "rates = 1\n", "unknown field")):
        bridge = Bridge(rules, expect=2)
        assert why in bridge.log() and "listens at" not in bridge.log(), bridge.log()
    missing = himds("run", "--config", "/nonexistent.toml", "--listen", "127.0.0.1:0")
    assert missing.returncode == 2 and "/nonexistent.toml" in missing.stderr, missing
    nowhere = Bridge(RULES, listen=None, expect=2)
    assert "nothing to listen at" in nowhere.log(), nowhere.log()
    for address in ("0.0.0.0:0", "10.0.0.1:80"):
        assert "only at a loopback address" in Bridge(RULES, listen=address, expect=2).log(), address
    for arguments in (["run", "--unit", "x"], ["rules"], ["nonsense"], ["check", "--metadata"], ["run", "--client-id", "x"], ["run", "--json"],
                      ["check", "--as", "0", "--resource", "not one"], *(["rules", "--nft", "--listen", where] for where in ("127.0.0.5:1", "[::1]:1", "127.0.0.1:0"))):
        assert himds(*arguments).returncode == 2, arguments


@test("port-in-use")
def port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bridge = Bridge(RULES, listen=f"127.0.0.1:{taken.getsockname()[1]}", expect=2)
        assert "another program listens there" in bridge.log(), bridge.log()


@test("invalid-reload-keeps-old")
def invalid_reload():
    with Bridge() as bridge:
        request = get(host=f"127.0.0.1:{bridge.port}")
        for rules in ("", RULES + "\n[[allow]]\nusr = 'x'\n", RULES.replace("burst = 2000", "burst = 0")):
            if rules:
                bridge.reload(rules, expect="keeps its current rules")
            else:
                os.chmod(bridge.config, 0o666)
                bridge.process.send_signal(signal.SIGHUP)
                until(lambda: "can be written by others" in bridge.log(), "it says why")
            token_of(ask_one(request, to=bridge.to))
        bridge.reload("# Nobody.\n")
        assert "no rule allows anything" in bridge.log()
        refused(ask_one(request, to=bridge.to))
        bridge.reload(RULES)
        token_of(ask_one(request, to=bridge.to))


@test("address-already-answers-refuses")
def address_answers():
    from traps import Namespace

    with Namespace() as other:
        script = "import socket\ns=socket.socket()\ns.bind(('169.254.169.254',80))\ns.listen()\nprint('on',flush=True)\ninput()"
        cloud = subprocess.Popen([*other.prefix, PYTHON, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert cloud.stdout.readline() == "on\n"
        try:
            bridge = Bridge(RULES, listen="169.254.169.254:80", user=[*other.prefix, *as_user(0)], expect=2)
            assert "answers already" in bridge.log(), bridge.log()
        finally:
            cloud.communicate("\n", timeout=LIMIT)
        subprocess.run([*other.prefix, "sh", "-c", "ip address del 169.254.169.254/32 dev lo && ip link add d0 type veth peer name d1 && ip link set d1 up && ip link set d0 up && "
                        "ip address add 10.1.1.1/24 dev d0 && ip route add 169.254.169.254/32 dev d0"], check=True)
        bridge = Bridge(RULES, listen="169.254.169.254:80", user=[*other.prefix, *as_user(0)], expect=2)
        assert "a route to 169.254.169.254 by d0" in bridge.log(), bridge.log()
        subprocess.run([*other.prefix, "sh", "-c", "ip route del 169.254.169.254/32"], check=True)
        bridge = Bridge(RULES, listen="169.254.169.254:80", user=[*other.prefix, *as_user(0)], expect=2)
        assert "does not have the address" in bridge.log(), bridge.log()
    with Namespace() as other:
        # If nothing is there, the address is taken, with a warning. The agent is elsewhere, so nobody gets a token.
        with Bridge(RULES, listen="169.254.169.254:80", user=[*other.prefix, *as_user(0)]) as bridge:
            assert "is this machine's own now" in bridge.log(), bridge.log()
            refused(ask_one(get(), OTHER, prefix=other.prefix))
            refused(ask_one(get(instance()), HIMDS_USER, prefix=other.prefix), 404)
            refused(ask_one(get(instance()), 0, prefix=other.prefix), 404)


@test("cgroup-v1-fails-closed")
def cgroup_v1():
    need_cgroup2()
    hidden = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs none {CGROUP} && exec "$@"', "sh", *as_user(BRIDGE, keys=True)]
    with Bridge(user=hidden) as bridge:
        assert "no control groups of version 2" in bridge.log(), bridge.log()
        host = f"127.0.0.1:{bridge.port}"
        refused(ask_one(get(target(VAULT), host=host), OTHER, group=unit(WEB), to=bridge.to))
        refused(ask_one(get(host=host), JOBS, group=unit(JOB), to=bridge.to))
        refused(ask_one(get(host=host), 0, group=unit(ROOTS), to=bridge.to))
        token_of(ask_one(get(host=host), BACKUP, to=bridge.to))


@test("nft-applied-and-removed")
def nft():
    def ruleset():
        return subprocess.run(["nft", "list", "ruleset"], stdout=subprocess.PIPE, text=True, check=True).stdout

    others = "table inet others {\n\tchain c {\n\t}\n}\n"
    subprocess.run(["nft", "-f", "-"], input=others, text=True, check=True)
    standard()
    with Bridge() as bridge:
        rules = bridge.redirect()
        once = ruleset()
        bridge.redirect()
        assert ruleset() == once, "applied twice is applied once"
        assert f"meta skuid {{ {BACKUP}, {JOBS}, {WRITER} }}" in rules, rules
        if has_cgroup2():
            assert f'socket cgroupv2 level 2 "system.slice/{WEB}"' in rules and f'"system.slice/{ROOTS}"' in rules, rules
            # A unit without a user is led here by its control group alone.
            token_of(ask_one(get(target(VAULT)), OTHER, group=unit(WEB)))
            assert WEB in bridge.last(), bridge.last()
        token_of(ask_one(get(), BACKUP))
        # Who is not allowed is not led here: for him nothing has changed.
        script = "import socket\ns=socket.socket()\ns.settimeout(0.5)\ntry:\n    s.connect(('169.254.169.254',80))\nexcept OSError:\n    print('no')"
        for uid in (OTHER, 0, HIMDS_USER, ARCPROXY):
            assert run([PYTHON, "-c", script], uid).stdout == "no\n", uid
        no_redirect()
        assert "himds_bridge" not in ruleset() and "table inet others" in ruleset(), ruleset()
        assert run([PYTHON, "-c", script], BACKUP).stdout == "no\n"
        no_redirect()
    subprocess.run(["nft", "delete", "table", "inet", "others"], check=True)
    standard().redirect()


@test("check-names-the-rule")
def check():
    path = write_config(rule("first", 'user = "t-backup"') + rule("second", 'user = "t-backup"', f'{STORAGE}", "https://vault.azure.com')
                        + rule("third", f'unit = "{UNITS}-wbe.service"\nuser = "t-bakcup"'), "check.toml")
    if has_cgroup2():
        unit(WEB)
    common = ["--config", path, "--source", "himds"]
    allowed = himds("check", *common, "--as", "t-backup", "--resource", STORAGE)
    assert 'allowed by rule "first"; "second" would too, but the first counts' in allowed.stdout, allowed
    assert 'the user "t-bakcup" does not exist here; did you mean "t-backup"?' in allowed.stdout, allowed
    assert '"https://vault.azure.com" is not a resource that is known here; did you mean "https://vault.azure.net"?' in allowed.stdout, allowed
    if has_cgroup2():
        assert f'the unit "{UNITS}-wbe.service" does not exist here; did you mean "{WEB}"?' in allowed.stdout, allowed
    assert allowed.returncode == 1, "there are warnings"
    assert 'never applies' not in allowed.stdout, "the second allows one thing more"
    wrong = himds("check", *common, "--as", "t-bakcup")
    assert wrong.returncode == 2 and 'the user "t-bakcup" does not exist here; did you mean "t-backup"?' in wrong.stderr, wrong
    twice = write_config("".join(rule(name, 'user = "t-backup"') for name in ("one", "two")), "twice.toml")
    assert 'note: rule "two" never applies: rule "one" before it allows everything that it does' in himds("check", "--config", twice, "--source", "himds").stdout
    denied = himds("check", *common, "--as", "t-other", "--resource", STORAGE)
    assert f"refused (403): No rule is for uid {OTHER}" in denied.stdout and denied.returncode == 1, denied
    short = himds("check", *common, "--unit", f"{UNITS}-wbe", "--resource", STORAGE)
    assert f"any user in {UNITS}-wbe.service: a token" in short.stdout, short
    metadata = himds("check", *common, "--as", "himds", "--metadata")
    assert "404: the agent must not be told" in metadata.stdout, metadata
    document = himds("check", *common, "--json")
    assert '"answers"' in document.stdout and '"ok": false' in document.stdout, document
    clean = write_config(rule("first", 'user = "t-backup"'), "clean.toml")
    good = himds("check", "--config", clean, "--source", "himds", "--as", "t-backup", "--resource", STORAGE)
    assert good.returncode == 0 and "tokens come from himds" in good.stdout, good


@test("check-tells-of-the-route")
def check_route():
    from traps import Namespace

    path = write_config(rule("first", 'user = "t-backup"'), "route.toml")
    with Namespace() as other:
        def notes(command):
            subprocess.run([*other.prefix, "sh", "-c", command], check=True)
            return run([*other.prefix, HIMDS, "bridge", "check", "--config", path, "--source", "himds"], 0).stdout

        assert "no route leads to 169.254.169.254" in notes("ip address del 169.254.169.254/32 dev lo")
        assert "uses the source address 127.0.0.1" in notes("ip route add 169.254.169.254/32 dev lo src 127.0.0.1")
        good = notes("ip route change 169.254.169.254/32 dev lo src 127.0.0.2")
        assert "note: " in good and "no route" not in good and "uses the source" not in good, good


@test("log-injection-escaped")
def log_injection():
    with Bridge() as bridge:
        before = len(bridge.log().splitlines())
        requests = [get("/x\u00e4y" + target(), host=f"127.0.0.1:{bridge.port}"), get(target("a%0Ahimds"), host=f"127.0.0.1:{bridge.port}"),
                    get(target("https://a.b%22granted"), host=f"127.0.0.1:{bridge.port}"), get(target("x='y'"), host=f"127.0.0.1:{bridge.port}"),
                    get("/a\"b\\c" + target(), host=f"127.0.0.1:{bridge.port}"), "GET\x01 / HTTP/1.1\r\n\r\n", "\x1b[2J\r\n\r\n"]
        for request in requests:
            answer = ask_one(request, to=bridge.to)
            assert answer[0] in (400, 403), (request, answer)
        lines = bridge.log().splitlines()[before:]
        assert len(lines) == len(requests), lines
        for line in lines:
            assert line.startswith("himds bridge: refused uid=4321") and re.fullmatch(r"[ -~]*", line), line
        assert r'resource="https://a.b\"granted"' in lines[2], lines[2]


@test("journal-in-native-fields")
def journal():
    """A socket in the journal's place; stderr leads there as far as the bridge can tell."""
    os.makedirs("/run/systemd/journal", exist_ok=True)
    path = "/run/systemd/journal/socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(path)
        os.chmod(path, 0o666)
        receiver.settimeout(LIMIT)
        script = 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"'
        with Bridge(user=["sh", "-c", script, "sh", *as_user(BRIDGE, keys=True)], listen="127.0.0.1:8085") as bridge:
            start = receiver.recv(10000).decode()
            assert "MESSAGE=listens at 127.0.0.1:8085\nPRIORITY=6\nSYSLOG_IDENTIFIER=himds-bridge\n" in start, start
            token = token_of(ask_one(get(host="127.0.0.1:8085"), to=["127.0.0.1", 8085]))["access_token"]
            refused(ask_one(get(host="127.0.0.1:8085"), OTHER, to=["127.0.0.1", 8085]))
            entries = [dict(line.split("=", 1) for line in receiver.recv(10000).decode().splitlines()) for _ in range(2)]
            granted, denied = entries
            assert granted["HIMDS_RULE"] == "backup" and granted["HIMDS_UID"] == str(BACKUP) and granted["HIMDS_OUTCOME"] == "granted", granted
            assert len(granted["HIMDS_TOKEN_SHA256"]) == 8 and granted["PRIORITY"] == "6" and granted["HIMDS_RESOURCE"] == STORAGE, granted
            assert denied["HIMDS_OUTCOME"] == "refused" and denied["PRIORITY"] == "5" and "HIMDS_RULE" not in denied, denied
            assert token not in repr(entries) and not bridge.log(), bridge.log()
    os.remove(path)


@test("systemd-analyze-security")
def systemd_analyze():
    need("systemd-analyze")
    units = os.path.join(HERE, "..", "..", "packaging", "systemd")
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", os.path.join(units, "himds-bridge.service")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**environment(), "SYSTEMD_COLORS": "0"})
    assert done.returncode == 0, done.stdout
    exposure = float(re.search(r"Overall exposure level for himds-bridge.service: ([0-9.]+)", done.stdout)[1])
    assert exposure <= 1.5, exposure


@test("one-thread-and-no-capability")
def one_thread():
    bridge = standard()
    with open(f"/proc/{bridge.process.pid}/status") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    assert status["Threads"] == "1", status["Threads"]
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0 and status["NoNewPrivs"] == "1", status


@test("package-enables-nothing")
def package():
    """As packaging/deb/build.sh builds it, and installed below a directory."""
    need("dpkg-deb", "dpkg")
    tree, installed = "/var/opt/test/package", "/var/opt/test/installed"
    subprocess.run([os.path.join(HERE, "..", "..", "packaging", "deb", "bridge.sh"), tree], check=True)
    with open(os.path.join(tree, "DEBIAN", "control"), "w") as file:
        file.write("Package: himds-bridge\nVersion: 0\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: test\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, tree + ".deb"], check=True, stdout=subprocess.DEVNULL)
    os.makedirs(installed + "/var/lib/dpkg/info")
    os.makedirs(installed + "/var/lib/dpkg/updates")
    open(installed + "/var/lib/dpkg/status", "w").close()
    subprocess.run(["dpkg", f"--root={installed}", "--force-script-chrootless", "-i", tree + ".deb"], check=True, stdout=subprocess.DEVNULL)
    files = {os.path.relpath(os.path.join(place, name), installed) for place, _, names in os.walk(installed) for name in names}
    files = {name for name in files if not name.startswith("var/lib/dpkg")}
    assert files == {"etc/himds/bridge.toml", "usr/lib/systemd/system/himds-bridge.service", "usr/lib/systemd/system/himds-bridge.socket",
                     "usr/share/doc/himds-bridge/bridge.md", "usr/share/doc/himds-bridge/services-and-containers.md"}, files
    path = installed + "/etc/himds/bridge.toml"
    with open(path) as file:
        text = file.read()
    assert "no rule allows anything" in started_and_stopped(text).log()
    # What the comments show is right.
    shown = re.sub(r"(?m)^# (?=(# )?(\[|[a-z_]+ *=))", "", text).replace("cloud_shell = true", "")
    assert "listens at" in started_and_stopped(shown).log()


def started_and_stopped(text):
    bridge = Bridge(text)
    bridge.stop()
    return bridge
