"""himds.aio: nothing blocks the loop, waiting tasks share a thread, cancelling a task cancels the request."""

from __future__ import annotations

import asyncio
import gc
import inspect
import pickle
import sys
import threading
import time
import traceback
import typing
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import himds
from emulator import USER_ASSIGNED, Emulator
from himds.aio import Client, ManagedIdentityCredential

VAULT = "https://vault.azure.net"


async def test_client(emulator: Emulator) -> None:
    async with Client(**emulator.options()) as client:
        assert client.source == "himds"
        assert client.source_reason
        assert client.endpoint == emulator.himds
        assert client.peek(VAULT) is None
        token = await client.token(VAULT)
        assert await client.token(VAULT) is token
        assert client.peek(VAULT) is token
        assert (await client.token(VAULT, force_refresh=True)).token != token.token
        assert (await client.metadata()).subscription_id
        assert (await client.get("/metadata/identity/info", "2018-02-01"))["tenantId"]
        assert (await client.get_text("/metadata/identity/info", "2018-02-01")).startswith("{")
        assert (await client.diagnose(VAULT))["ok"]
        client.clear_cache()
        assert client.peek(VAULT) is None
    with pytest.raises(himds.ClosedError):
        await client.token(VAULT)


async def test_credential(emulator: Emulator) -> None:
    async with ManagedIdentityCredential(**emulator.options(client_id=USER_ASSIGNED["client_id"])) as credential:
        pair = await credential.get_token(VAULT + "/.default", claims=None, tenant_id="t", enable_cae=True, more=1)
        info = await credential.get_token_info(VAULT + "/.default", options={"enable_cae": True})
        assert pair == (info.token, info.expires_on)
        assert info.claims()["oid"] == USER_ASSIGNED["object_id"]
        assert await credential.get_token(VAULT) is pair
        assert await credential.get_token(VAULT, claims="{}") is not pair
        with pytest.raises(ValueError, match="exactly one scope"):
            await credential.get_token()
        with pytest.raises(ValueError, match="exactly one scope"):
            await credential.get_token(VAULT, VAULT)
    assert await credential.get_token(VAULT)


async def test_a_closed_credential_may_be_used_again(emulator: Emulator) -> None:
    async with ManagedIdentityCredential(**emulator.options()) as credential:
        pair = await credential.get_token(VAULT)
    await credential.close()
    assert await credential.get_token(VAULT) is pair
    assert len(emulator.requests()) == 2


@pytest.mark.parametrize("kind", ["client", "credential"])
async def test_fifty_tasks_take_one_thread_and_one_handshake(emulator: Emulator, kind: str) -> None:
    emulator.fault(delay_ms=300)
    before = threading.active_count()
    if kind == "client":
        client = Client(**emulator.options())
        tasks = [asyncio.create_task(client.token(VAULT)) for _ in range(50)]
    else:
        credential = ManagedIdentityCredential(**emulator.options())
        tasks = [asyncio.create_task(credential.get_token(VAULT)) for _ in range(50)]
    most = 0
    started = time.monotonic()
    ticks = 0
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0.01)
        ticks += 1
        most = max(most, threading.active_count() - before)
    assert len({id(await task) for task in tasks}) == 1
    assert most == 1
    assert len(emulator.requests()) == 2
    # The loop ran all the while.
    assert ticks >= 0.5 * (time.monotonic() - started) / 0.01


class _Due:
    """Stands in for a native object whose token is due for a refresh, which takes until ``answered`` is set."""

    def __init__(self) -> None:
        self.answered = threading.Event()

    def _limit(self) -> float:
        return 30

    def _request(self, *arguments: object) -> str:
        assert self.answered.wait(10)
        return "new"

    def _cached(self, scopes: object, pair: object, stale: bool) -> str | None:
        return "cached" if stale else None


async def test_others_go_on_while_one_task_refreshes() -> None:
    credential = ManagedIdentityCredential(source="himds")
    due = credential._credential = _Due()
    first = asyncio.create_task(credential.get_token(VAULT))
    await asyncio.sleep(0)
    other = asyncio.create_task(credential.get_token(VAULT))
    await asyncio.wait([other], timeout=5)
    done = other.done()
    due.answered.set()
    assert done
    assert (await other, await first) == ("cached", "new")


async def test_cancelling_the_last_task_cancels_the_request(emulator: Emulator) -> None:
    emulator.fault(wire={"action": "hang"}, count=1)
    noise: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    client = Client(**emulator.options())
    tasks = [asyncio.create_task(client.token(VAULT)) for _ in range(3)]
    while not emulator.requests():
        await asyncio.sleep(0.01)
    tasks[0].cancel()
    await asyncio.wait(tasks, timeout=0.2)
    assert [task.done() for task in tasks] == [True, False, False]
    started = time.monotonic()
    for task in tasks[1:]:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    # The thread is free again, so this next call works at once, on the connection of a new request.
    assert (await asyncio.wait_for(client.token(VAULT), 5)).token
    executor = asyncio.get_running_loop()._default_executor
    executor.shutdown(wait=True)
    assert time.monotonic() - started < 2
    del tasks
    gc.collect()
    await asyncio.sleep(0)
    assert noise == []


async def test_wait_for_ends_a_call(emulator: Emulator) -> None:
    emulator.fault(wire={"action": "hang"}, count=0)
    client = Client(**emulator.options())
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.token(VAULT), 0.2)


async def test_an_error_goes_to_all_who_wait(emulator: Emulator) -> None:
    emulator.fault(status=403, body="", delay_ms=100, count=1)
    client = Client(**emulator.options())
    results = await asyncio.gather(*(client.token(VAULT) for _ in range(10)), return_exceptions=True)
    assert {type(result) for result in results} == {himds.ServiceError}
    # Each its own: raising an exception adds to its traceback.
    assert len({id(result) for result in results}) == 10
    assert len({len(traceback.extract_tb(result.__traceback__)) for result in results}) == 1
    assert (await client.token(VAULT)).token


async def test_errors_without_a_request(emulator: Emulator) -> None:
    client = Client(**emulator.options())
    with pytest.raises(himds.InvalidArgumentError):
        await client.token("")
    with pytest.raises(himds.InvalidArgumentError):
        await client.token(VAULT, timeout=0)


@pytest.mark.parametrize(
    "wish",
    [{"timeout": value} for value in (0, -1, float("nan"), 10**400, "x")] + [{"force_refresh": 0}, {"claims": 5}],
)
async def test_a_cached_token_hides_no_bad_argument(emulator: Emulator, wish: dict[str, Any]) -> None:
    synchronous, client = emulator.client(), Client(**emulator.options())
    synchronous.token(VAULT)
    await client.token(VAULT)
    with pytest.raises((himds.InvalidArgumentError, TypeError)) as expected:
        synchronous.token(VAULT, **wish)
    with pytest.raises((himds.InvalidArgumentError, TypeError)) as caught:
        await client.token(VAULT, **wish)
    assert type(caught.value) is type(expected.value)
    assert str(caught.value) == str(expected.value)
    assert await client.token(VAULT, timeout=5) is client.peek(VAULT)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="skipped: 3.9 cannot evaluate `str | None`")
def test_annotations_can_be_evaluated() -> None:
    for cls in (Client, ManagedIdentityCredential):
        for name, method in vars(cls).items():
            if inspect.isfunction(method):
                assert typing.get_type_hints(method), name
                assert inspect.signature(method, eval_str=True)


def test_each_loop_its_own(emulator: Emulator) -> None:
    client = Client(**emulator.options())
    first = asyncio.run(client.token(VAULT))
    assert asyncio.run(client.token(VAULT)) is first
    client.clear_cache()
    assert asyncio.run(client.token(VAULT)).token


def test_pickle_carries_the_arguments(emulator: Emulator) -> None:
    client = pickle.loads(pickle.dumps(Client(**emulator.options(timeout=5))))
    assert asyncio.run(client.token(VAULT)).token
    credential = ManagedIdentityCredential(
        **emulator.options(identity_config={"object_id": USER_ASSIGNED["object_id"]})
    )
    credential = pickle.loads(pickle.dumps(credential))
    assert asyncio.run(credential.get_token_info(VAULT)).claims()["oid"] == USER_ASSIGNED["object_id"]


@pytest.fixture
async def busy_executor() -> Any:
    """The loop's executor has one worker, which is busy until the event is set."""
    release = threading.Event()
    executor = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(executor)
    executor.submit(release.wait)
    yield release
    release.set()
    executor.shutdown()


CALLS = {
    "token": lambda client: client.token(VAULT, timeout=0.1),
    "metadata": lambda client: client.metadata(timeout=0.1),
    "get": lambda client: client.get("/metadata/instance", timeout=0.1),
    "get_text": lambda client: client.get_text("/metadata/instance", timeout=0.1),
    "diagnose": lambda client: client.diagnose(timeout=0.1),
}


@pytest.mark.parametrize("call", CALLS)
async def test_a_deadline_counts_from_the_call_whatever_the_executor_does(
    emulator: Emulator, busy_executor: threading.Event, call: str
) -> None:
    client = Client(**emulator.options())
    with pytest.raises(himds.RequestTimeoutError, match=r"deadline of 0\.1") as caught:
        await asyncio.wait_for(CALLS[call](client), 20)
    assert (caught.value.kind, caught.value.status, caught.value.attempts) == ("timeout", 101, 0)
    assert caught.value.hint
    assert caught.value.elapsed >= 0.1
    busy_executor.set()
    # What was given up is not begun later.
    await asyncio.get_running_loop().run_in_executor(None, int)
    assert emulator.requests() == []


async def test_the_deadlines_of_client_and_credential_do_too(
    emulator: Emulator, busy_executor: threading.Event
) -> None:
    with pytest.raises(himds.RequestTimeoutError):
        await asyncio.wait_for(Client(**emulator.options(timeout=0.1)).token(VAULT), 20)
    credential = ManagedIdentityCredential(**emulator.options(timeout=0.1))
    for call in (credential.get_token, credential.get_token_info):
        with pytest.raises(himds.RequestTimeoutError):
            await asyncio.wait_for(call(VAULT), 20)


async def test_a_late_start_leaves_the_rest_of_the_time(emulator: Emulator, busy_executor: threading.Event) -> None:
    emulator.fault(wire={"action": "hang"}, count=0)
    client = Client(**emulator.options())
    asyncio.get_running_loop().call_later(0.3, busy_executor.set)
    with pytest.raises(himds.RequestTimeoutError) as caught:
        await asyncio.wait_for(client.token(VAULT, timeout=1), 20)
    assert caught.value.attempts == 1
    # The core counts from the start of its own call.
    assert caught.value.elapsed < 0.9


async def test_who_joins_a_call_keeps_a_deadline_of_its_own(emulator: Emulator, busy_executor: threading.Event) -> None:
    client = Client(**emulator.options())
    first = asyncio.create_task(client.token(VAULT, timeout=1))
    await asyncio.sleep(0.5)
    second = asyncio.create_task(client.token(VAULT, timeout=1))
    with pytest.raises(himds.RequestTimeoutError):
        await first
    assert not second.done()
    busy_executor.set()
    assert (await second).token


async def test_cancelling_ends_a_call_that_waits_for_the_executor(
    emulator: Emulator, busy_executor: threading.Event
) -> None:
    client = Client(**emulator.options())
    task = asyncio.create_task(client.token(VAULT))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    busy_executor.set()
    await asyncio.get_running_loop().run_in_executor(None, int)
    assert emulator.requests() == []


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 10**400])
async def test_an_unusable_deadline_is_refused(emulator: Emulator, timeout: float) -> None:
    client = Client(**emulator.options())
    for call in (client.token(VAULT, timeout=timeout), client.metadata(timeout=timeout)):
        with pytest.raises(himds.InvalidArgumentError, match="timeout"):
            await call


async def test_a_token_that_is_still_served_is_better_than_a_timeout(busy_executor: threading.Event) -> None:
    """As in the core: to its caller, a newer token would be of no more use."""

    class Due(_Due):
        looks = 0

        def _limit(self) -> float:
            return 0.1

        def _cached(self, scopes: object, pair: object, stale: bool) -> str | None:
            self.looks += 1
            return super()._cached(scopes, pair, stale)

    credential = ManagedIdentityCredential(source="himds")
    credential._credential = due = Due()
    assert await asyncio.wait_for(credential.get_token(VAULT), 20) == "cached"
    assert due.looks == 2
    assert not due.answered.is_set()
