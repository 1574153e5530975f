"""What goes wrong with the agent and the machine, one thing after another."""

import resource
import struct
import time
from collections import Counter

from agent import TOKENS

DAY = 86_400
# How many files of its own a worker may still open when descriptors are exhausted.
NONE_LEFT = 3


def step(clock, ahead):
    """Sets the workers' wall clocks so many seconds ahead: see clock.c. In place, since they have mapped the file."""
    with clock.open("r+b" if clock.exists() else "wb") as file:
        file.write(struct.pack("=q", ahead))


class Chaos:
    """`trouble` is for how many seconds the agent could not answer as it should; `well` is how long it could, how many
    times and with how many requests."""

    def __init__(self, agent, processes, clock, chance):
        self.agent, self.processes, self.clock, self.chance = agent, processes, clock, chance
        self.trouble, self.done, self.left = 0.0, Counter(), []
        self.well = {"seconds": 0.0, "times": 0, "requests": 0}

    def run(self, end):
        """One thing after another, each of them once before any comes again, until the time is over."""
        while (left := end - time.monotonic()) > 0:
            if not self.left:
                self.left = [self.calm, self.calm, self.calm, self.killed, self.restarted, self.storm, self.throttled, self.drip, self.reset]
                self.left += [self.cut, self.silent, self.keys_removed, self.clocks_stepped, self.no_descriptors]
                self.chance.shuffle(self.left)
            what = self.left.pop()
            started = time.monotonic()
            what(min(left, self.chance.uniform(0.8, 2.0)))
            self.done[what.__name__.replace("_", " ")] += 1
            if what != self.calm:
                self.trouble += time.monotonic() - started

    def calm(self, seconds):
        self.agent.count()
        before, started = self.agent.requests, time.monotonic()
        time.sleep(seconds)
        self.agent.count()
        self.well["requests"] += self.agent.requests - before
        self.well["seconds"] += time.monotonic() - started
        self.well["times"] += 1

    def during(self, seconds, **fault):
        self.agent.fault(**fault)
        time.sleep(seconds)
        self.agent.well()

    def begin_again(self, **how):
        self.agent.start(lifetime=self.chance.choice([308, 308, 320, DAY]), **how)

    def killed(self, seconds):
        self.agent.count()
        self.agent.kill()
        time.sleep(seconds / 2)
        self.begin_again()

    def restarted(self, _):
        self.agent.count()
        self.agent.stop()
        self.begin_again()

    def storm(self, seconds):
        self.during(seconds, status=self.chance.choice([500, 502, 503, 504]), body='{"error":"busy"}')

    def throttled(self, seconds):
        self.during(seconds, status=429, headers=[["Retry-After", "1"]], body="")

    def drip(self, seconds):
        self.during(seconds, on="key", wire={"action": "drip", "after": "half_head", "bytes": 64, "every_ms": 20})

    def reset(self, seconds):
        self.during(seconds, wire={"action": "reset", "after": "half_head"})

    def cut(self, seconds):
        self.during(seconds, on="key", wire={"action": "close", "after": "half_body"})

    def silent(self, seconds):
        self.during(seconds, wire={"action": "hang", "after": "nothing"})

    def keys_removed(self, seconds):
        """Each key file goes as soon as it is seen, often before a worker has read it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for key in TOKENS.glob("*.key"):
                key.unlink(missing_ok=True)

    def clocks_stepped(self, seconds):
        """The workers' wall clocks and the agent's, each a day either way or not."""
        step(self.clock, self.chance.choice([DAY, -DAY, 0]))
        self.agent.count()
        self.agent.stop()
        self.begin_again(skew=self.chance.choice([DAY, -DAY, 0]))
        time.sleep(seconds)

    def no_descriptors(self, seconds):
        """No worker can open a socket or a file."""
        before = {}
        for process in self.processes:
            before[process] = resource.prlimit(process, resource.RLIMIT_NOFILE)
            resource.prlimit(process, resource.RLIMIT_NOFILE, (NONE_LEFT, before[process][1]))
        time.sleep(seconds)
        for process, limit in before.items():
            resource.prlimit(process, resource.RLIMIT_NOFILE, limit)
