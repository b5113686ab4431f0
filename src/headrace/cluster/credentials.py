"""What the SASL_SSL listener needs: a user with a password, and a certificate of the cluster's own.

openssl makes the certificate; where there is none, keytool, which comes with Java.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from headrace.core.errors import ClusterError

USER = "headrace"

_DAYS = "3650"
_ALIAS = "broker"
_SECRET = "HEADRACE_CLUSTER_SECRET"
_LONGEST_S = 60.0


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The secrets of a cluster: files in a folder that only its owner reads.

    Attributes:
        user: The user's name.
        password: The user's password.
        folder: Where the files are.
    """

    user: str
    password: str
    folder: Path

    @property
    def certificate(self) -> Path:
        """What clients trust: `ssl.ca.location`."""
        return self.folder / "ca.pem"

    @property
    def keystore(self) -> Path:
        """Key and certificate of the brokers, as PKCS12; its password is the user's."""
        return self.folder / "server.p12"

    @property
    def client_file(self) -> Path:
        """Lines for a shell with the options of an application."""
        return self.folder / "client.env"

    def client_options(self, bootstrap: str) -> dict[str, str]:
        """The environment of an application that uses the listener."""
        return {
            "HEADRACE_BOOTSTRAP": bootstrap,
            "HEADRACE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "HEADRACE_KAFKA_SASL_MECHANISM": "PLAIN",
            "HEADRACE_KAFKA_SASL_USERNAME": self.user,
            "HEADRACE_KAFKA_SASL_PASSWORD": self.password,
            "HEADRACE_KAFKA_SSL_CA_LOCATION": str(self.certificate),
        }


def load_credentials(folder: Path) -> Credentials | None:
    """Those that were made before, None if there are none."""
    password = folder / "password"
    return Credentials(USER, password.read_text(encoding="utf-8").strip(), folder) if password.is_file() else None


def make_credentials(folder: Path, *, openssl: str | None, keytool: str | None) -> Credentials:
    """Makes a password and a certificate.

    Args:
        folder: Where they are kept.
        openssl: The program, None if there is none.
        keytool: The program to use instead.

    Raises:
        ClusterError: There is neither program, or it failed.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = Credentials(USER, secrets.token_urlsafe(24), folder)
    for path in (made.keystore, made.certificate):
        path.unlink(missing_ok=True)
    if openssl is not None:
        _by_openssl(openssl, made)
    elif keytool is not None:
        _by_keytool(keytool, made)
    else:
        message = "a SASL_SSL listener needs a certificate, and there is neither openssl nor keytool to make one"
        raise ClusterError(message, hint="install openssl, or start without --sasl")
    made.keystore.chmod(0o600)
    # Last, because credentials are taken for complete if there is a password.
    write_secret(folder / "password", made.password + "\n")
    return made


def write_secret(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def find_keytool(java: Path) -> str | None:
    """The keytool beside this Java, else one on PATH."""
    beside = java.resolve().with_name("keytool")
    return str(beside) if beside.is_file() else shutil.which("keytool")


def _by_openssl(openssl: str, made: Credentials) -> None:
    key = made.folder / "key.tmp"
    # The file has its mode before openssl writes the key into it.
    write_secret(key, "")
    try:
        request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", _DAYS, "-subj", "/CN=localhost"]
        names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        _run([openssl, *request, *names, "-keyout", str(key), "-out", str(made.certificate)], made)
        pair = ["-inkey", str(key), "-in", str(made.certificate), "-name", _ALIAS]
        _run([openssl, "pkcs12", "-export", *pair, "-out", str(made.keystore), "-passout", f"env:{_SECRET}"], made)
    finally:
        key.unlink(missing_ok=True)


def _by_keytool(keytool: str, made: Credentials) -> None:
    store = ["-keystore", str(made.keystore), "-storetype", "PKCS12", "-storepass:env", _SECRET, "-alias", _ALIAS]
    pair = ["-genkeypair", "-keyalg", "RSA", "-keysize", "2048", "-validity", _DAYS, "-dname", "CN=localhost"]
    _run([keytool, *pair, "-ext", "SAN=dns:localhost,ip:127.0.0.1", "-ext", "BC=ca:true", *store], made)
    _run([keytool, "-exportcert", "-rfc", "-file", str(made.certificate), *store], made)


def _run(command: list[str], made: Credentials) -> None:
    """The password goes by the environment: other users can read command lines."""
    environment = os.environ | {_SECRET: made.password}
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{command[0]} could not make a certificate: {error}"
        raise ClusterError(message) from None
    if ran.returncode != 0:
        message = f"{command[0]} could not make a certificate: {(ran.stderr or ran.stdout).strip()}"
        raise ClusterError(message)
