"""A registry that lets in only those with a certificate."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from headrace.core.errors import RegistryUnavailableError
from headrace.formats.registry import RegistryConnection, RestRegistry
from support.registry_server import registry_server

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by openssl")


def made(folder: Path, name: str, *arguments: str) -> Path:
    """A certificate, signed by itself or by the authority in `arguments`, and its key beside it."""
    certificate = folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    files = ["-keyout", str(folder / f"{name}.key"), "-out", str(certificate)]
    subprocess.run([*command, *files, "-addext", "subjectAltName=IP:127.0.0.1", *arguments], check=True, capture_output=True)
    return certificate


def test_a_client_with_a_certificate_is_let_in_and_one_without_is_not(tmp_path: Path):
    server, client = made(tmp_path, "server"), made(tmp_path, "client")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server, tmp_path / "server.key")
    context.load_verify_locations(client)
    context.verify_mode = ssl.CERT_REQUIRED
    with registry_server(wrap=lambda socket: context.wrap_socket(socket, server_side=True)) as serving:
        url = serving.url.replace("http:", "https:")
        known = RegistryConnection(url, ca=server, certificate=client, key=tmp_path / "client.key", patience_s=5)
        assert RestRegistry(known).subjects() == []
        for stranger in (RegistryConnection(url, ca=server, patience_s=0.05), RegistryConnection(url, patience_s=0.05)):
            with pytest.raises(RegistryUnavailableError):
                RestRegistry(stranger).subjects()
