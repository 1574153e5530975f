"""himds next to azure-identity and msal, in one run, against the same emulator: ``make bench-py``.

Cached calls are measured in this process; what a program pays from its start on, in fresh interpreters.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import himds
from emulator import Emulator, EmulatorFactory

SCOPE = "https://vault.azure.net/.default"
RESOURCE = "https://vault.azure.net"


@pytest.fixture(scope="module")
def imds(tmp_path_factory: pytest.TempPathFactory):
    """An emulator of IMDS, which all three can be pointed at by a variable."""
    factory = EmulatorFactory(tmp_path_factory.mktemp("emulator"))
    emulator = factory()
    before = dict(os.environ)
    os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = emulator.imds
    yield emulator
    os.environ.clear()
    os.environ.update(before)
    factory.stop_all()


def azure_core(credential: Any) -> Any:
    """The call as Azure SDK clients make it."""
    return lambda: credential.get_token(SCOPE, claims=None, tenant_id=None, enable_cae=True)


def himds_call(emulator: Emulator) -> Any:
    return azure_core(himds.ManagedIdentityCredential(source="imds", endpoint=emulator.imds))


def himds_client_call(emulator: Emulator) -> Any:
    client = himds.Client(source="imds", endpoint=emulator.imds)
    return lambda: client.token(RESOURCE)


def azure_identity_call(emulator: Emulator) -> Any:
    from azure.identity import ManagedIdentityCredential

    return azure_core(ManagedIdentityCredential())


def msal_call(emulator: Emulator) -> Any:
    import msal
    import requests

    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=requests.Session())
    return lambda: client.acquire_token_for_client(resource=RESOURCE)


CALLS = {
    "himds": himds_call,
    "himds Client.token": himds_client_call,
    "azure-identity": azure_identity_call,
    "msal": msal_call,
}
everybody = pytest.mark.parametrize("library", CALLS)


@everybody
@pytest.mark.benchmark(group="cached, 1 thread")
def test_cached(benchmark: Any, imds: Emulator, library: str) -> None:
    call = CALLS[library](imds)
    call()
    benchmark(call)


THREADS = 8
CALLS_EACH = 20_000


@everybody
@pytest.mark.benchmark(group=f"cached, {THREADS} threads, {THREADS * CALLS_EACH} calls")
def test_cached_from_eight_threads(benchmark: Any, imds: Emulator, library: str) -> None:
    call = CALLS[library](imds)
    call()

    def many(barrier: threading.Barrier) -> None:
        barrier.wait()
        for _ in range(CALLS_EACH):
            call()

    def all_threads() -> None:
        barrier = threading.Barrier(THREADS)
        threads = [threading.Thread(target=many, args=(barrier,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    benchmark.pedantic(all_threads, rounds=3)


@everybody
@pytest.mark.benchmark(group="cold client, warm process")
def test_cold(benchmark: Any, imds: Emulator, library: str) -> None:
    benchmark.pedantic(lambda: CALLS[library](imds)(), rounds=50, warmup_rounds=3)


@pytest.mark.benchmark(group="handshake with the Arc agent, warm process")
def test_handshake(benchmark: Any, start_emulator: EmulatorFactory) -> None:
    client = start_emulator().client()
    benchmark.pedantic(lambda: client.token(RESOURCE, force_refresh=True), rounds=200, warmup_rounds=5)


IMPORTS = {
    "nothing": "pass",
    "himds": "import himds",
    "azure-identity": "from azure.identity import ManagedIdentityCredential",
    "msal": "import msal",
}


@pytest.mark.parametrize("library", IMPORTS)
@pytest.mark.benchmark(group="interpreter and import")
def test_import(benchmark: Any, library: str) -> None:
    benchmark.pedantic(lambda: run(IMPORTS[library]), rounds=15, warmup_rounds=2)
    benchmark.extra_info["peak_memory_mib"] = peak = peak_memory(IMPORTS[library])
    print(f"\n{library}: peak memory {peak:.1f} MiB")


TOKENS = {
    "nothing": "pass",
    "himds": "import himds; himds.ManagedIdentityCredential(source='imds', endpoint='{url}').get_token('{scope}')",
    "azure-identity": "from azure.identity import ManagedIdentityCredential as M; M().get_token('{scope}')",
    "msal": "import msal, requests; msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), "
    "http_client=requests.Session()).acquire_token_for_client(resource='https://vault.azure.net')",
}


@pytest.mark.parametrize("library", TOKENS)
@pytest.mark.benchmark(group="interpreter, import and token")
def test_start_to_token(benchmark: Any, imds: Emulator, library: str) -> None:
    code = TOKENS[library].format(url=imds.imds, scope=SCOPE)
    benchmark.pedantic(lambda: run(code), rounds=15, warmup_rounds=2)


def run(code: str) -> None:
    """Runs it in a fresh interpreter."""
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def peak_memory(code: str) -> float:
    """The most that a fresh interpreter held while it ran this, in MiB, as /proc tells it."""
    tell = "\nprint(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    done = subprocess.run([sys.executable, "-I", "-c", code + tell], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024
