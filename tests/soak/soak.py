#!/usr/bin/env python3
"""Runs the workers while the agent misbehaves, and checks what they counted: soak.py SECONDS EMULATOR WORK.

In a network namespace of its own, by run.sh. README.md says what is checked.
"""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from agent import Agent
from chaos import Chaos, step

THREADS = 4
PROCESSES = 2  # of each language
RESOURCES = 10
ATTEMPTS = 5
# Shorter than this no token of the agent lives, and for 8 s it is served without a request.
SERVED = 8
# So many seconds a thread that was joined may take to be gone.
LONGEST_END = 10
# A worker's memory may grow so much between two moments of rest: caches of the runtimes' own allocators.
GROWTH = {"rust": 3_000, "c": 3_000, "python": 8_000, "csharp": 16_000}


def commands(work):
    return {
        "rust": [f"{work}/worker-rust"],
        "c": [f"{work}/worker-c"],
        "python": [sys.executable, str(Path(__file__).parent / "workers" / "worker.py")],
        "csharp": ["mono", f"{work}/worker.exe"],
    }


def any_runs(proc):
    """Whether a thread of this process does anything but sleep."""
    states = []
    for thread in (proc / "task").iterdir():
        with contextlib.suppress(OSError):
            states.append((thread / "stat").read_text().rpartition(")")[2].split()[0])
    return set(states) != {"S"}


class Worker:
    """One process, and what the kernel says of it when all its threads rest."""

    def __init__(self, language, command, number, phases, environment):
        self.language, self.rests, self.counts = language, [], Counter()
        arguments = [*command, str(THREADS), str(number), *map(str, phases)]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"a worker in {self.language} ended with status {self.process.wait()}")
        return line.strip()

    def rest(self):
        """Waits until its threads have ended, and notes descriptors, threads and memory (kB)."""
        assert self.line() == "idle"
        proc = Path(f"/proc/{self.process.pid}")
        # A thread that was joined still ends: the kernel runs it for a moment more. What rests for good counts.
        limit = time.monotonic() + LONGEST_END
        while any_runs(proc) and time.monotonic() < limit:
            time.sleep(0.01)
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        self.rests.append((len(os.listdir(proc / "fd")), int(status["Threads"]), int(status["VmRSS"].split()[0])))

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finish(self):
        while (line := self.line()) != "end":
            name, value = line.split()
            self.counts[name] = int(value)
        if self.process.wait() != 0:
            sys.exit(f"a worker in {self.language} ended with status {self.process.returncode}")

    def grown(self):
        """What grew between the first and the last rest."""
        first, last = self.rests[0], self.rests[-1]
        names = ("descriptors", "threads", "kB of memory")
        allowed = (0, 0, GROWTH[self.language])
        return [f"{self.language}: {b - a} more {name}" for name, a, b, most in zip(names, first, last, allowed) if b - a > most]


def bound(seconds, trouble, counts):
    """The most requests that the workers may make of the agent.

    A process has one flight for a resource at a time. While all is well a flight is two requests, and its token is
    served for 8 s; while the agent is in trouble a flight is five attempts of two requests, which with the waits between
    them (0.1, 0.2, 0.4 and 0.8 s on average) take 1.5 s. Clients of one call and forced refreshes come on top.
    """
    pairs = 4 * PROCESSES * RESOURCES
    calm = 2 * (seconds / SERVED + 1)
    storm = 2 * ATTEMPTS * trouble / 1.5
    single = counts["calls"] * 5 / 400
    return round(pairs * (calm + storm) + single * 2 * ATTEMPTS)


def bound_while_well(well, counts):
    """The same for the time in which all was well: what began before it may end in it, so each of its times costs a
    process one flight more for a resource."""
    pairs = 4 * PROCESSES * RESOURCES
    single = counts["calls"] * 5 / 400
    return round(2 * (pairs * (2 * well["times"] + well["seconds"] / SERVED) + single))


def table(workers):
    languages = list(dict.fromkeys(worker.language for worker in workers))
    sums = {language: Counter() for language in languages}
    for worker in workers:
        slowest = max(sums[worker.language]["slowest_ms"], worker.counts["slowest_ms"])
        sums[worker.language].update(worker.counts)
        sums[worker.language]["slowest_ms"] = slowest
    first = ["calls", "tokens"]
    names = [*first, *sorted({name for count in sums.values() for name in count} - set(first))]
    print("| | " + " | ".join(languages) + " | together |")
    print("|---|" + "---:|" * (len(languages) + 1))
    for name in names:
        values = [sums[language][name] for language in languages]
        together = max(values) if name == "slowest_ms" else sum(values)
        print(f"| {name.replace('_', ' ')} | " + " | ".join(map(str, values)) + f" | {together} |")
    return sum(sums.values(), Counter())


def main():
    seconds, (emulator, work) = int(sys.argv[1]), sys.argv[2:]
    phases = [seconds * 2 // 5, seconds - seconds * 2 // 5]
    clock = Path(work) / "clock"
    step(clock, 0)
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": work,
        "PYTHONPATH": f"{work}/python",
        "LD_PRELOAD": f"{work}/clock.so",
        "SOAK_CLOCK": str(clock),
    }
    agent = Agent(emulator, Path(work))
    agent.start()
    every = commands(work)
    started = [(language, number) for number in range(PROCESSES) for language in every]
    workers = [
        Worker(language, every[language], number * 10 + index, phases, environment)
        for index, (language, number) in enumerate(started)
    ]
    chaos = Chaos(agent, [worker.process.pid for worker in workers], clock, random.Random(seconds))
    for phase in phases:
        chaos.run(time.monotonic() + phase)
        for worker in workers:
            worker.rest()
        for worker in workers:
            worker.go_on()
    for worker in workers:
        worker.finish()
    agent.count()
    agent.kill()

    counts = table(workers)
    print(f"\nchaos: {', '.join(f'{name} {count}' for name, count in sorted(chaos.done.items()))}")
    most = bound(seconds, chaos.trouble, counts)
    print(f"requests to the agent: {agent.requests}, at most {most} (in trouble for {chaos.trouble:.0f} of {seconds} s)")
    well, most_while_well = chaos.well, bound_while_well(chaos.well, counts)
    print(f"while all was well: {well['requests']} requests, at most {most_while_well} ({well['seconds']:.0f} s in {well['times']} times)")
    for worker in workers:
        (first, last) = worker.rests[0], worker.rests[-1]
        print(f"{worker.language}: descriptors {first[0]} then {last[0]}, threads {first[1]} then {last[1]}, memory {first[2]} then {last[2]} kB")

    wrong = [f"{name}: {count}" for name, count in counts.items() if name.startswith("violation") and count]
    wrong += [line for worker in workers for line in worker.grown()]
    if agent.requests > most:
        wrong.append("more requests than the bound")
    if well["requests"] > most_while_well:
        wrong.append("more requests than the bound while all was well")
    if min(worker.counts["tokens"] for worker in workers) == 0:
        wrong.append("a worker without a token")
    if wrong:
        sys.exit("FAILED: " + "; ".join(wrong))
    print(f"{len(workers)} processes of {THREADS} threads: every call ended in time, with a token or a numbered error")


if __name__ == "__main__":
    main()
