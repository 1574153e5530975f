"""How the command runs: its status, signals, input and tree, and what `connect` does in every case."""

import errno
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time

from harness import *


@test("exec-exit-signals-stdin")
def exit_signals_stdin():
    for mode in ("connect", "env"):
        ways = himds_exec("--mode", mode, "--")
        for status in (0, 1, 7, 125, 255):
            assert run([*ways, "sh", "-c", f"exit {status}"]).returncode == status
        for name in ("TERM", "KILL", "HUP", "SEGV"):
            number = getattr(signal, "SIG" + name)
            assert run([*ways, "sh", "-c", f"kill -{name} $$"]).returncode == -number, name
        done = run([*ways, "sh", "-c", "cat; echo err >&2"], input="in\n")
        assert (done.stdout, done.stderr) == ("in\n", "err\n"), done
        missing = run([*ways, "no-such-command"])
        assert missing.returncode == 127 and "no-such-command: command not found" in missing.stderr, missing
        assert run([*ways, "/no/such/command"]).returncode == 127
        assert run([*ways, "/etc/passwd"]).returncode == 126
    none = run(himds_exec("--"))
    assert none.returncode == 125 and "no command" in none.stderr, none
    bad = run(himds_exec("--resource", "not one", "--", "true"))
    assert bad.returncode == 125 and "not a resource" in bad.stderr, bad


@test("exec-signals-are-the-commands")
def signals():
    script = 'for s in TERM INT HUP QUIT WINCH USR1; do trap "echo $s" $s; done; echo ready; while :; do read -r _ || sleep 0.05; done'
    child = start(himds_exec("--", "bash", "-c", script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert child.stdout.readline() == "ready\n"
    for name in ("TERM", "INT", "HUP", "QUIT", "WINCH", "USR1"):
        child.send_signal(getattr(signal, "SIG" + name))
        assert child.stdout.readline() == name + "\n", name
    child.kill()
    child.wait()


@test("exec-signals-are-as-they-were")
def inherited_signals():
    """What the command ignores and blocks is as without exec. systemd has its services ignore SIGPIPE."""
    show = ["grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"]

    def shown(command):
        """Blocked and ignored, without the C library's own signals, 32 and 33."""
        masks = re.findall(r"Sig...:\s(\w+)", run([*inside, *command]).stdout)
        return [int(mask, 16) & 0x7FFFFFFF for mask in masks]

    for ignored, bits in (("", 0), ("PIPE", 1 << 12), ("PIPE,CHLD,HUP,USR2", 1 << 12 | 1 << 16 | 1 | 1 << 11)):
        inside = ["env", f"--ignore-signal={ignored}"] if ignored else ["env"]
        assert shown(show) == [0, bits]
        for mode in ("connect", "env"):
            assert shown([*himds_exec("--mode", mode, "--"), *show]) == [0, bits], (ignored, mode)


@test("exec-stops-and-goes-on")
def stops():
    child = start(himds_exec("--", "sh", "-c", "echo $$; kill -STOP $$; echo on; exit 3"), stdout=subprocess.PIPE)
    child.stdout.readline()
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), status
    child.send_signal(signal.SIGCONT)
    assert child.stdout.readline() == "on\n"
    _, status = os.waitpid(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 3
    child.returncode = 3


@test("exec-terminal-is-the-commands")
def terminal():
    """Ctrl+C reaches the command once, Ctrl+Z stops both, and the process group is the caller's."""
    script = 'trap "echo int" INT; echo "group $(ps -o pgid= -p $$) $(ps -o tpgid= -p $$)"; read a; echo "read $a"; exit 3'
    pid, terminal = pty.fork()
    if pid == 0:
        command = [*as_user(), PYTHON, os.path.join(PROGRAMS, "shell.py"), *himds_exec("--", "bash", "-c", script)]
        os.execvpe(command[0], command, environment())
    output = b""

    def wait_for(pattern):
        nonlocal output
        while not (found := re.search(pattern, output)):
            assert select.select([terminal], [], [], LIMIT)[0], output
            output += os.read(terminal, 4096)
        return found

    job = wait_for(rb"job (\d+)\r\n")[1]
    assert wait_for(rb"group +(\d+) +(\d+)\r\n").groups() == (job, job), output
    os.write(terminal, b"\x03")
    wait_for(rb"int\r\n")
    os.write(terminal, b"\x1a")
    wait_for(rb"stopped\r\n")
    os.write(terminal, b"x\n")
    wait_for(rb"read x\r\n")
    wait_for(rb"ended with 3\r\n")
    assert output.count(b"int\r\n") == 1, output
    os.waitpid(pid, 0)
    os.close(terminal)


@test("exec-connect-in-every-case")
def every_case():
    program = compiled("sockets.c")
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    outside = str(udp.connect_ex(("169.254.169.254", 80)))
    for case in ("blocking", "twice", "nonblocking", "epoll-before-connect", "options-stay", "v4-mapped", "wrong-family", "untouched", "bad-pointers",
                 "bad-descriptors", "races", "interrupted", "many-children"):
        done = inside([program, case], env={"OUTSIDE": outside})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), (case, done)


@test("exec-where-calls-are-forbidden")
def forbidden():
    """A filter outside, as a container's run-time has it, forbids some of what we use."""
    program, deny = compiled("sockets.c"), compiled("deny.c")
    for calls, cases in (("pidfd_getfd", ("blocking", "nonblocking", "v4-mapped", "many-children")),
                         ("process_vm_readv", ("blocking", "bad-pointers", "v4-mapped")),
                         ("pidfd_getfd,process_vm_readv", ("blocking", "nonblocking"))):
        for case in cases:
            done = run([deny, calls, *himds_exec("--mode", "connect", "--", program, case)])
            assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), (calls, case, done)
    for calls in ("seccomp",):
        denied = run([deny, calls, *himds_exec("--mode", "connect", "--", "true")])
        assert denied.returncode == 125 and "installed: Operation not permitted. Try --mode env" in denied.stderr, denied
        auto = run([deny, calls, *himds_exec("--verbose", "--", "sh", "-c", "echo $IDENTITY_ENDPOINT")])
        assert auto.stdout.startswith("http://127.0.0.1:") and "mode connect is not possible here" in auto.stderr, auto


@test("exec-supervisor-killed")
def supervisor_killed():
    program = compiled("sockets.c")
    for victim in ("supervisor", "foreground"):
        child = start(himds_exec("--", program, "on-command"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert child.stdout.readline() == "ready\n"
        supervisor = next(pid for pid in children_of(child.pid))
        os.kill(supervisor if victim == "supervisor" else child.pid, signal.SIGKILL)
        if victim == "foreground":
            until(lambda: not alive(supervisor), "the supervisor ends when the foreground process is killed")
        child.stdin.write("go\n")
        child.stdin.flush()
        assert int(child.stdout.readline()) == errno.ENOSYS
        errors = child.communicate(timeout=LIMIT)[1]
        if victim == "supervisor":
            assert child.returncode == 0 and "supervisor was killed" in errors, (child.returncode, errors)
        else:
            assert child.returncode == -signal.SIGKILL


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@test("exec-serves-what-outlives-the-command")
def background():
    """A daemon that the command leaves behind: the caller is not kept waiting, the daemon gets its token, and nothing stays."""
    mark = f"MARK=exec-{os.getpid()}-{time.monotonic_ns()}"
    fifo, answer = os.path.join(work(), "fifo"), os.path.join(work(), "answer")
    os.mkfifo(fifo)
    os.chmod(fifo, 0o666)
    script = f"(read -r _ <{fifo}; {' '.join(map(repr, curl(TOKEN_TARGET)))} >{answer}.new; mv {answer}.new {answer}) </dev/null >/dev/null 2>&1 & exit 5"
    done = inside(["sh", "-c", script], env=dict([mark.split("=")]))
    assert done.returncode == 5, done
    assert processes(mark), "the daemon waits"
    with open(fifo, "w") as file:
        file.write("go\n")
    until(lambda: os.path.exists(answer), "the daemon gets an answer")
    with open(answer) as file:
        assert is_token(json.load(file)["access_token"])
    until(lambda: not processes(mark), "the last process ends")


@test("exec-a-child-dies-in-mid-request")
def dies():
    script = "import os, socket; c = socket.create_connection(('169.254.169.254', 80)); c.sendall(b'GET /meta'); os.kill(os.getpid(), 9)"
    done = inside(["sh", "-c", f'for i in $(seq 20); do {PYTHON} -c "{script}"; done; exec "$@"', "sh", *curl(TOKEN_TARGET)])
    token_of(done)


@test("soak-no-descriptor-growth")
def soak():
    """Thousands of connections leave nothing open in the supervisor."""
    script = "\n".join((
        "import os, socket, sys",
        "def count(): return len(os.listdir(f'/proc/{os.getppid()}/fd'))",
        "request = b'GET /metadata/versions HTTP/1.1\\r\\nHost: 169.254.169.254\\r\\nMetadata: true\\r\\nConnection: close\\r\\n\\r\\n'",
        "def ask(send=True):",
        "    with socket.create_connection(('169.254.169.254', 80), timeout=20) as c:",
        "        if send:",
        "            c.sendall(request)",
        "            while c.recv(65536): pass",
        "for i in range(50): ask()",
        "before = count()",
        "for i in range(3000): ask(i % 3 != 0)",
        "for i in range(50): ask()",
        "print(count() - before)"))
    done = inside([PYTHON, "-c", script])
    assert done.returncode == 0 and int(done.stdout) <= 2, done


# Opens connections, each of which has had an answer and waits for the next request, and prints how many, how many failed as
# they should, and the limit that it inherited.
CONNECTIONS = """
import errno, resource, socket
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
open, failed = [], 0
for _ in range(200):
    try:
        open.append(socket.create_connection(("169.254.169.254", 80), timeout=20))
    except OSError as error:
        if error.errno == errno.EMFILE: break
        failed += error.errno == errno.ENETUNREACH
        continue
    open[-1].sendall(b"GET /metadata/versions HTTP/1.1\\r\\nHost: 169.254.169.254\\r\\nMetadata: true\\r\\n\\r\\n")
    assert open[-1].recv(65536).startswith(b"HTTP/1.1 200")
print(len(open), failed, soft)
"""


def connections(limits):
    """What CONNECTIONS counts inside a `himds exec` with these limits."""
    done = run(["sh", "-c", limits + '; exec "$@"', "sh", *himds_exec("--mode", "connect", "--", PYTHON, "-c", CONNECTIONS)])
    assert done.returncode == 0, done
    return list(map(int, done.stdout.split()))


@test("exec-more-connections-than-inherited-descriptors")
def many_connections():
    """The limit that exec was started with is the command's; exec itself takes what it may have."""
    assert connections("ulimit -Sn 64; ulimit -Hn 1000") == [200, 0, 64]


@test("exec-out-of-descriptors")
def out_of_descriptors():
    """Connections over exec's own limit fail. None goes to somebody else who answers at the address."""
    subprocess.run(["ip", "address", "add", "169.254.169.254/32", "dev", "lo"], check=True)
    try:
        with socket.create_server(("169.254.169.254", 80)) as other:
            answered, failed, _ = connections("ulimit -n 56")
            assert not select.select([other], [], [], 0)[0], "somebody else was asked"
            assert answered + failed == 200 and 30 < answered < 56, (answered, failed)
    finally:
        subprocess.run(["ip", "address", "delete", "169.254.169.254/32", "dev", "lo"], check=True)
