"""What `himds bridge` costs, next to a minimal server in C, in one run. Inside tests/bridge/inside.sh, as its tests:
daemon.py [ROUNDS]. Both are asked by way of a redirect of their own, by the same client. Each round measures everything
once; what is printed are medians, and medians of the ratios of a round."""

import os
import statistics
import subprocess
import sys
import time

BENCHES = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(BENCHES, "..", "..", "tests")
sys.path[:0] = [os.path.join(TESTS, "bridge")]
sys.path.append(os.path.join(TESTS, "exec"))

from bridge import *

REQUESTS = 4000
RULES = f"""
[[allow]]
name = "bench"
user = "t-backup"
resource = ["{VAULT}"]
[limits]
rate = 1000000
burst = 1000000
"""


def main(rounds):
    need("cc")
    server, client = built("server"), built("client")
    with Bridge(RULES) as bridge:
        bridge.redirect()
        path = os.path.join(work(), "answer")
        run(["curl", "-sS", "-i", "-o", path, "-H", "Metadata: true", "http://169.254.169.254" + target(VAULT)])
        other = subprocess.Popen([server, path], stdout=subprocess.PIPE)
        port = int(other.stdout.readline())
        rule = f"table ip bench {{ chain output {{ type nat hook output priority -101; ip daddr 169.254.169.254 tcp dport 80 meta skuid {OTHER} redirect to :{port} ; }} ; }}"
        subprocess.run(["nft", "-f", "-"], input=rule, text=True, check=True)
        try:
            print(" ".join(os.uname()[i] for i in (0, 2, 4)), f"{rounds} rounds of {REQUESTS}")
            measured = {}
            for _ in range(rounds):
                for case in ("own", "kept"):
                    for many in (1, 64):
                        for name, uid in (("C server", OTHER), ("himds bridge", BACKUP)):
                            measured.setdefault((case, many, name), []).append(microseconds(client, case, many, uid))
            for case, what in (("own", "on their own connections"), ("kept", "on kept connections")):
                for many in (1, 64):
                    base = measured[case, many, "C server"]
                    for name in ("C server", "himds bridge"):
                        values = measured[case, many, name]
                        ratio = statistics.median(value / first for value, first in zip(values, base))
                        middle = statistics.median(values)
                        print(f"{what:<26}{many:>3} at once  {name:<14}{middle:8.1f} us {1e6 / middle:8.0f}/s {ratio:6.2f} x")
            memory("himds bridge", bridge.process.pid, client, BACKUP)
            memory("C server", other.pid, client, OTHER)
        finally:
            other.kill()
            other.communicate()


def microseconds(client, case, many, uid):
    """From the first request to the last answer, by so many clients at once, for each request."""
    each = REQUESTS // many
    command = [*as_user(uid), client, case, str(each), "169.254.169.254", "80"]
    if many == 1:
        return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment()).stdout)
    began = time.perf_counter()
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) for _ in range(many)]
    own = [float(child.communicate()[0]) for child in children]
    assert all(child.returncode == 0 for child in children)
    # The start of 64 processes is not the server's: a client's own time for its requests, which all ran at once.
    return min(statistics.mean(own) / many, (time.perf_counter() - began) * 1e6 / (each * many))


def memory(name, pid, client, uid):
    def now():
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        return int(status["VmRSS"].split()[0]) / 1024, status["Threads"].strip()

    idle, threads = now()
    child = subprocess.Popen([*as_user(uid), client, "hold", "64", "169.254.169.254", "80"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    assert child.stdout.readline() == b"ready\n"
    held, _ = now()
    child.communicate()
    print(f"memory                    {name:<14}{idle:6.1f} MiB before, {held:6.1f} MiB with 64 connections open, {threads} thread(s)")


def built(name):
    path = os.path.join(work(), name)
    subprocess.run(["cc", "-O2", "-std=gnu11", "-D_GNU_SOURCE", os.path.join(BENCHES, f"{name}.c"), "-o", path], check=True)
    return path


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
