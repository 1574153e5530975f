"""A worker of the soak in Python: see tests/soak/README.md for what each worker does."""

import random
import sys
import threading
import time
from collections import Counter

import himds

DEADLINE, SLACK, LIFE, FRESH, RESOURCES = 3.0, 2.0, 308 - 30, 5.0, 10


def make_client():
    return himds.Client(source="himds", timeout=DEADLINE)


def is_trouble(error):
    return error.kind in ("unavailable", "timeout", "transport", "throttled") or (error.http_status or 0) >= 500


class Worker:
    def __init__(self):
        self.client, self.seen, self.lock = make_client(), {}, threading.Lock()
        self.counts, self.slowest = Counter(), 0.0

    def work(self, end, seed):
        chance, counts, slowest = random.Random(seed), Counter(), 0.0
        while time.monotonic() < end:
            kind = chance.randrange(400)
            own, forced = kind == 0, 0 < kind < 5
            resource = f"https://r{chance.randrange(RESOURCES)}.soak.example"
            with self.lock:
                known = None if own or forced else self.seen.get(resource)
            started = time.monotonic()
            token = error = None
            try:
                if own:
                    with make_client() as client:
                        token = client.token(resource)
                else:
                    token = self.client.token(resource, force_refresh=forced)
            except himds.Error as caught:
                error = caught
            except BaseException:
                counts["violation_other_exception"] += 1
                raise
            took = time.monotonic() - started
            slowest = max(slowest, took)
            counts["calls"] += 1
            counts["violation_late"] += took > DEADLINE + SLACK
            if error is not None:
                counts[f"error_{error.status}"] += 1
                counts["violation_internal"] += error.status == 900
                age = started - known[1] if known else LIFE
                if age < FRESH or (age < LIFE and is_trouble(error)):
                    counts["violation_withheld"] += 1
                elif age < LIFE:
                    counts["refused_in_last_minutes"] += 1
            elif token.resource == resource and token.claims()["aud"] == resource:
                counts["tokens"] += 1
                with self.lock:
                    if not own and self.seen.get(resource, (None,))[0] != token.token:
                        self.seen[resource] = (token.token, time.monotonic())
            else:
                counts["violation_wrong_token"] += 1
            # A program does something with its token. This is load, not synchronisation.
            time.sleep(chance.uniform(0.002, 0.010))
        with self.lock:
            self.counts += counts
            self.slowest = max(self.slowest, slowest)


def main():
    count, seed, *phases = map(int, sys.argv[1:])
    worker = Worker()
    for phase, seconds in enumerate(phases):
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=worker.work, args=(end, seed * 1000 + phase * 100 + n)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("idle", flush=True)
        sys.stdin.readline()
    for name, value in worker.counts.items():
        print(name, value)
    print("slowest_ms", int(worker.slowest * 1000))
    print("end", flush=True)


main()
