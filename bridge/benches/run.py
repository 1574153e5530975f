"""What `himds exec` and the front cost, next to a minimal server in C, in one run. Inside tests/exec/inside.sh, as its tests:
run.py [ROUNDS]. Each round measures everything once. Printed are, in microseconds, the least and its ratio and difference to the C server's,
and the median and its ratio."""

import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tests/exec"))

from harness import TOKEN_TARGET, VAULT, STORAGE, as_user, children_of, curl, environment, himds_exec, need, run, work

REQUESTS = 2000
WAYS = {"front": himds_exec("--mode", "env", "--"), "exec": himds_exec("--mode", "connect", "--")}


def main(rounds):
    need("cc")
    programs = {name: built(name) for name in ("server", "client")}
    with Server(programs["server"]) as server:
        measured = {}
        for _ in range(rounds):
            for case in ("own", "kept", "connect"):
                for way, prefix in {"C": [], **WAYS}.items():
                    port = str(server.port if way == "C" else 80)
                    address = "127.0.0.1" if way == "C" else "169.254.169.254"
                    done = run([*prefix, programs["client"], case, str(REQUESTS), address, port], timeout=600)
                    assert done.returncode == 0, (way, case, done.stderr)
                    measured.setdefault((case, way), []).append(float(done.stdout))
            for way, prefix in {"C": [], **WAYS}.items():
                measured.setdefault(("start", way), []).append(start_of([*prefix, "/bin/true"]))
        print(" ".join(os.uname()[i] for i in (0, 2, 4)), f"{rounds} rounds of {REQUESTS}, microseconds")
        for case, what in (("own", "request on its own connection"), ("kept", "request on a kept connection"), ("connect", "connect"),
                           ("start", "start of /bin/true")):
            for way, name in (("C", "C server" if case != "start" else "alone"), ("front", "mode env"), ("exec", "mode connect")):
                print(row(what, name, measured[case, way], measured[case, "C"]))
        memory(programs["client"], server)


def row(what, name, values, base):
    """The least of all rounds, which other work on the machine disturbs least, and the median."""
    least, median = (f"{of(values):9.1f}{of(values) / of(base):6.2f} x" for of in (min, statistics.median))
    return f"{what:<32}{name:<14}{least}{min(values) - min(base):+9.1f}{median}"


def start_of(command, times=40):
    """From the start of a command to its end, in microseconds: the least."""
    command = [*as_user(), *command]
    took = []
    for _ in range(times):
        began = time.perf_counter()
        pid = os.posix_spawnp(command[0], command, environment())
        _, status = os.waitpid(pid, 0)
        took.append((time.perf_counter() - began) * 1e6)
        assert status == 0, command
    return min(took)


def memory(client, server):
    held = {"C server": (server.process.pid, [client, "hold", "64", "127.0.0.1", str(server.port)])}
    for name, prefix in (("mode env", WAYS["front"]), ("mode connect", WAYS["exec"])):
        held[name] = (None, [*prefix, client, "hold", "64", "169.254.169.254", "80"])
    for name, (pid, command) in held.items():
        child = subprocess.Popen([*as_user(), *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
        assert child.stdout.readline() == b"ready\n"
        pid = pid or children_of(child.pid)[0]
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        print(f"{'memory with 64 connections':<32}{name:<14}{int(status['VmRSS'].split()[0]) / 1024:9.1f} MiB, {status['Threads'].strip()} threads")
        child.communicate()


def built(name):
    path = os.path.join(work(), name)
    subprocess.run(["cc", "-O2", "-std=gnu11", "-D_GNU_SOURCE", os.path.join(HERE, f"{name}.c"), "-o", path], check=True)
    return path


class Server:
    """The server in C, with the front's own answer to give."""

    def __init__(self, program):
        self.answer = os.path.join(work(), "answer")
        run(himds_exec("--mode", "connect", "--", *curl(TOKEN_TARGET.replace(STORAGE, VAULT), "-i", "-o", self.answer)))
        self.program = program

    def __enter__(self):
        self.process = subprocess.Popen([self.program, self.answer], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
