"""The fixtures of tests/, and servers for Azure's own clients."""

from __future__ import annotations

import datetime
import functools
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))
sys.path.insert(0, str(HERE.parent.parent / "examples/python"))

import himds  # noqa: E402
import himds.aio  # noqa: E402
from conftest_shared import *  # noqa: E402, F403
from emulator import ROOT, Emulator  # noqa: E402


@pytest.fixture
def machine_identity(arc: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The examples make their credential without arguments: here the token directory is not the agent's own."""
    for module in (himds, himds.aio):
        for name in ("Client", "ManagedIdentityCredential"):
            made = functools.partial(getattr(module, name), token_dir=arc.token_dir)
            monkeypatch.setattr(module, name, made)
    return arc


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with key.pem and cert.pem for 127.0.0.1."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([address, x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    directory = tmp_path_factory.mktemp("certificate")
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return directory


@pytest.fixture(scope="session")
def azurite(certificate: Path, tmp_path_factory: pytest.TempPathFactory):
    """The account's URL at an Azurite that wants a bearer token."""
    program = ROOT / ".cache/azurite/node_modules/.bin/azurite-blob"
    if not program.exists() or not shutil.which("node"):
        pytest.skip("skipped: azurite not found (npm install azurite, by py/tools/azurite.sh)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(program), "--oauth", "basic", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"]
    command += ["--cert", str(certificate / "cert.pem"), "--key", str(certificate / "key.pem")]
    command += ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    directory = tmp_path_factory.mktemp("azurite")
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "successfully listen" in line:
            break
    else:
        raise AssertionError("Azurite did not start")
    yield f"https://127.0.0.1:{port}/devstoreaccount1"
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Lets requests trust the certificate; for aiohttp it is the path."""
    path = str(certificate / "cert.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", path)
    assert os.path.exists(path)
    return path
