"""Threads, processes and Ctrl+C."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import himds
from emulator import Emulator

VAULT = "https://vault.azure.net"


def test_fifty_threads_on_a_cold_client_make_one_handshake(emulator: Emulator) -> None:
    client = emulator.client()
    barrier = threading.Barrier(50)

    def get(_: int) -> himds.AccessToken:
        barrier.wait()
        return client.token(VAULT)

    with ThreadPoolExecutor(50) as pool:
        tokens = list(pool.map(get, range(50)))
    assert len(set(map(id, tokens))) == 1
    assert len(emulator.requests()) == 2


def test_other_threads_run_while_one_waits(emulator: Emulator) -> None:
    emulator.fault(delay_ms=500)
    client = emulator.client()
    done = threading.Event()
    thread = threading.Thread(target=lambda: (client.token(VAULT), done.set()))
    thread.start()
    count = 0
    while not done.is_set():
        count += 1
    thread.join()
    # Were the GIL held, this loop would have stood still for half a second.
    assert count > 10_000


def test_cached_from_many_threads(emulator: Emulator) -> None:
    client, credential = emulator.client(), emulator.credential()
    token, pair = client.token(VAULT), credential.get_token(VAULT)

    def many(_: int) -> bool:
        return all(client.token(VAULT) is token and credential.get_token(VAULT) is pair for _ in range(2000))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(many, range(8)))


def test_cancel_from_another_thread(emulator: Emulator) -> None:
    emulator.fault(wire={"action": "hang"}, count=0)
    handle = himds.CancelHandle()
    assert not handle.cancelled
    timer = threading.Timer(0.2, handle.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(himds.CancelledError) as caught:
        emulator.client().token(VAULT, cancel=handle)
    assert 0.15 < time.monotonic() - started < 1
    assert caught.value.status == 102
    assert handle.cancelled
    with pytest.raises(himds.CancelledError):
        emulator.client().metadata(cancel=handle)


INTERRUPTED = """
import sys, time, himds
client = himds.Client(source="himds", endpoint=sys.argv[1], token_dir=sys.argv[2])
print("calling", flush=True)
try:
    getattr(client, sys.argv[3])(*sys.argv[4:])
except KeyboardInterrupt:
    print("interrupted", time.monotonic(), flush=True)
"""


@pytest.mark.parametrize("call", [("token", VAULT), ("metadata",), ("get", "/metadata/instance", "2020-06-01")])
def test_ctrl_c_ends_a_blocked_call(emulator: Emulator, call: tuple[str, ...]) -> None:
    emulator.fault(on="any", wire={"action": "hang"}, count=0)
    # The quickest of some: a busy machine may be slow to run this process, or that one.
    for _ in range(10):
        if interrupted(emulator, call) < 0.15:
            return
    raise AssertionError("Ctrl+C ends a call, but never within 150 ms")


def interrupted(emulator: Emulator, call: tuple[str, ...]) -> float:
    """How long a blocked call goes on after Ctrl+C, in seconds."""
    before = len(emulator.requests())
    command = [sys.executable, "-c", INTERRUPTED, emulator.himds, emulator.token_dir, *call]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "calling\n"
    while len(emulator.requests()) == before:
        time.sleep(0.01)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    word, when = process.stdout.readline().split()
    assert word == "interrupted"
    assert process.wait(5) == 0
    process.stdout.close()
    return float(when) - sent


def test_a_handler_that_does_not_raise_lets_the_call_go_on(emulator: Emulator) -> None:
    emulator.fault(delay_ms=600)
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(time.monotonic()))
    try:
        started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        assert emulator.client().token(VAULT)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert seen
    # The handler ran during the call, not after it.
    assert seen[0] - started < 0.4


def test_a_handlers_exception_comes_out(emulator: Emulator) -> None:
    emulator.fault(wire={"action": "hang"}, count=0)

    class Alarm(Exception):
        pass

    def ring(*_: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Alarm):
            emulator.client().token(VAULT)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_handlers_exception_ends_only_the_callers_own_call(emulator: Emulator) -> None:
    emulator.fault(wire={"action": "hang"}, count=0)
    client, handle = emulator.client(), himds.CancelHandle()
    ended: list[BaseException] = []

    def other() -> None:
        try:
            client.token("https://other.example", cancel=handle)
        except himds.Error as error:
            ended.append(error)

    def ring(*_: object) -> None:
        raise ZeroDivisionError

    thread = threading.Thread(target=other)
    thread.start()
    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(ZeroDivisionError):
            client.token(VAULT, cancel=handle)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not handle.cancelled
    assert thread.is_alive()
    assert ended == []
    started = time.monotonic()
    handle.cancel()
    thread.join(5)
    assert time.monotonic() - started < 0.5
    assert [type(error) for error in ended] == [himds.CancelledError]
    assert handle.cancelled


def in_child(client: himds.Client, cached: bool) -> tuple[bool, str]:
    had_it = client.peek(VAULT) is not None
    assert had_it == cached
    client.token("https://storage.azure.com")
    return had_it, client.token(VAULT).claims()["aud"]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_multiprocessing(emulator: Emulator, method: str) -> None:
    client = emulator.client()
    client.token(VAULT)
    # Pickled for the pool's worker, so it comes without the cache, whatever the start method.
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.starmap(in_child, [(client, False)] * 4)
    assert {had_it for had_it, _ in results} == {False}
    assert client.token("https://storage.azure.com")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_fork_while_threads_are_in_mid_handshake(emulator: Emulator) -> None:
    """The child serves what was cached, and requests the rest again; so does the parent."""
    emulator.fault(delay_ms=20, count=0)
    client = emulator.client()
    client.token(VAULT)
    stop = threading.Event()

    def ask(number: int) -> None:
        while not stop.is_set():
            client.token(f"https://{number}.example", force_refresh=True)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for round_ in range(200):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    signal.alarm(20)
                    cached = client.peek(VAULT) is not None
                    fresh = client.token(f"https://{round_ % 4}.example", force_refresh=True)
                    status = 0 if cached and fresh.token else 2
                finally:
                    os._exit(status)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert client.token(VAULT)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_no_thread_is_started(emulator: Emulator) -> None:
    code = (
        "import os, sys, himds\n"
        "c = himds.Client(source='himds', endpoint=sys.argv[1], token_dir=sys.argv[2])\n"
        "c.token('https://vault.azure.net'); c.metadata()\n"
        "print(len(os.listdir('/proc/self/task')), len(os.listdir('/proc/self/fd')))\n"
    )
    command = [sys.executable, "-c", code, emulator.himds, emulator.token_dir]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # One thread; three standard streams and the directory that is being listed.
    assert done.stdout.split() == ["1", "4"]


@pytest.mark.parametrize("resource", [VAULT, "https://other.example"])
def test_a_handler_may_request_a_token_itself(emulator: Emulator, resource: str) -> None:
    """Even for the token that the interrupted call is about to get: it must not wait for that call."""
    client = emulator.client()
    emulator.fault(delay_ms=600)
    found: list[object] = []

    def ring(*_: object) -> None:
        try:
            found.append(client.token(resource, timeout=5).resource)
        except himds.Error as error:
            found.append(error)

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        assert client.token(VAULT).token
    finally:
        signal.signal(signal.SIGALRM, before)
    assert found == [resource]
