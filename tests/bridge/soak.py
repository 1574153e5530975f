"""soak.py SECONDS: callers ask all the time, allowed and refused, while the agent is killed, slowed and restarted and the rules
are read again. Everybody is answered within the limit, and neither descriptors nor memory grow."""

import os
import random
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]
sys.path.append(os.path.join(HERE, "..", "exec"))

from bridge import *

# A call has 30 s, and a kept connection that is closed may be tried once more.
ANSWER_WITHIN = 35
# Pages that an allocator keeps for itself, once, whatever the load.
MEMORY_MAY_VARY = 3 * 1024
EXPECTED = {BACKUP: {200, 503}, OTHER: {403}, WRITER: {200, 503, 429}}


class Caller(threading.Thread):
    """One caller: a process of its own account that asks and asks. Its lines are: status, seconds."""

    def __init__(self, bridge, uid, resource, keep):
        super().__init__()
        script = f"""
import http.client, sys, time
connection = None
while True:
    began = time.monotonic()
    try:
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", {bridge.port}, timeout=60)
        connection.request("GET", {target(resource)!r}, headers={{"Metadata": "true"}})
        answer = connection.getresponse()
        answer.read()
        status = answer.status
        if not {keep} or answer.will_close:
            connection.close()
            connection = None
    except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
        connection = None
        status = 0
    print(status, time.monotonic() - began, flush=True)
    time.sleep(0.02)
"""
        self.uid, self.statuses, self.slowest = uid, {}, 0.0
        self.process = subprocess.Popen([*as_user(uid), PYTHON, "-c", script], env=environment(), stdout=subprocess.PIPE, text=True)

    def run(self):
        for line in self.process.stdout:
            status, seconds = line.split()
            self.statuses[int(status)] = self.statuses.get(int(status), 0) + 1
            self.slowest = max(self.slowest, float(seconds))


def size(bridge):
    """Descriptors, and resident memory in KiB."""
    with open(f"/proc/{bridge.process.pid}/status") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
    return len(os.listdir(f"/proc/{bridge.process.pid}/fd")), memory


def main(seconds):
    print(f"soak of {seconds} s")
    rules = RULES.replace("rate = 1000", "rate = 200").replace("burst = 2000", "burst = 400")
    # Tokens that must be fetched again all the time.
    mine = Agent(config="[himds]\ntoken_lifetime = 308\n").start()
    with mine, Bridge(rules, options=[*mine.options, "--max-attempts", "3"]) as bridge:
        callers = [Caller(bridge, uid, resource, keep) for uid, resource in ((BACKUP, STORAGE), (OTHER, STORAGE), (WRITER, DATABASE)) for keep in (True, False)]
        for caller in callers:
            caller.start()
        random.seed(13)
        end, sizes = time.monotonic() + seconds, []
        while time.monotonic() < end:
            what = random.choice(["kill", "slow", "faults", "reload", "nothing"])
            if what == "kill":
                remember(mine)
                mine.kill()
                time.sleep(random.uniform(0.2, 2))
                mine.start()
            elif what == "slow":
                mine.process.send_signal(signal.SIGSTOP)
                time.sleep(random.uniform(0.2, 4))
                mine.process.send_signal(signal.SIGCONT)
            elif what == "reload":
                bridge.reload(rules)
            elif what == "faults":
                mine.call("/emulator/faults", {"preset": random.choice(["throttled", "unavailable", "not_json"]), "count": 2})
            time.sleep(1)
            assert bridge.process.poll() is None, bridge.log()[-2000:]
            sizes.append(size(bridge))
        for caller in callers:
            caller.process.kill()
            caller.join()
        remember(mine)
        for caller in callers:
            print(f"uid {caller.uid}: {sum(caller.statuses.values())} answers {caller.statuses}, slowest {caller.slowest:.2f} s")
        for caller in callers:
            assert caller.slowest < ANSWER_WITHIN, (caller.uid, caller.slowest)
            assert sum(caller.statuses.values()) > seconds / 2, "it was answered all the time"
            # A connection that was kept may be closed by us after 60 s without a request, not otherwise.
            assert set(caller.statuses) - {0} <= EXPECTED[caller.uid] | ({429, 502, 403} if caller.uid != OTHER else set()), caller.statuses
            assert caller.statuses.get(0, 0) == 0, "a connection was lost"
        until(lambda: size(bridge)[0] <= 16, f"descriptors are given back: {size(bridge)}")
        half = len(sizes) // 2
        early, late = max(memory for _, memory in sizes[: max(half, 1)]), max(memory for _, memory in sizes[half:])
        print(f"descriptors {sizes[0][0]} to {sizes[-1][0]}, memory at most {early} KiB in the first half, {late} KiB in the second")
        assert late <= early + MEMORY_MAY_VARY, "memory grows"
        log = bridge.log()
    for secret in SECRETS:
        assert secret not in log, "a key or a token is in the log"
    print(f"soak passed: {len(SECRETS)} keys and tokens, none in the log")


if __name__ == "__main__":
    main(float(sys.argv[1]))
