import shutil
import ssl
import stat
import subprocess
from pathlib import Path

import pytest

from headrace.cluster.credentials import Credentials, find_keytool, load_credentials, make_credentials, write_secret
from headrace.core.errors import ClusterError

OPENSSL, KEYTOOL = shutil.which("openssl"), shutil.which("keytool")


@pytest.fixture(scope="module", params=["openssl", "keytool"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    program = OPENSSL if request.param == "openssl" else KEYTOOL
    if program is None:
        pytest.skip(f"there is no {request.param}")
    tools = {"openssl": None, "keytool": None} | {request.param: program}
    return make_credentials(tmp_path_factory.mktemp("cluster") / "sasl", **tools)


def test_clients_can_trust_the_certificate(made: Credentials):
    context = ssl.create_default_context(cafile=str(made.certificate))

    assert [dict(part[0] for part in each["subject"]) for each in context.get_ca_certs()][-1] == {"commonName": "localhost"}


@pytest.mark.skipif(OPENSSL is None, reason="it looks with openssl")
def test_the_keystore_opens_with_the_password_and_holds_a_key_for_localhost(made: Credentials):
    opened = subprocess.run(
        [str(OPENSSL), "pkcs12", "-in", made.keystore, "-nodes", "-passin", f"pass:{made.password}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    shown = subprocess.run(
        [str(OPENSSL), "x509", "-noout", "-ext", "subjectAltName"], input=opened, capture_output=True, text=True, check=True
    ).stdout

    assert "PRIVATE KEY" in opened
    assert "DNS:localhost" in shown
    assert "IP Address:127.0.0.1" in shown


def test_only_the_owner_reads_what_is_secret(made: Credentials):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.folder.iterdir() if path != made.certificate}

    assert modes == {"server.p12": 0o600, "password": 0o600}
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700


def test_they_are_found_again(made: Credentials):
    found = load_credentials(made.folder)

    assert found == made
    assert load_credentials(made.folder.parent) is None


def test_options_of_an_application_name_user_password_and_certificate():
    options = Credentials("headrace", "secret", Path("/sasl")).client_options("localhost:19093")

    assert options["HEADRACE_BOOTSTRAP"] == "localhost:19093"
    assert options["HEADRACE_KAFKA_SASL_PASSWORD"] == "secret"
    assert options["HEADRACE_KAFKA_SSL_CA_LOCATION"] == "/sasl/ca.pem"


def test_without_a_tool_that_makes_certificates_this_is_told(tmp_path: Path):
    with pytest.raises(ClusterError, match="neither openssl nor keytool"):
        make_credentials(tmp_path, openssl=None, keytool=None)


def test_what_a_tool_says_is_told_and_nothing_counts_as_made(tmp_path: Path):
    with pytest.raises(ClusterError, match="could not make a certificate"):
        make_credentials(tmp_path, openssl="/bin/false", keytool=None)

    assert load_credentials(tmp_path) is None
    assert not (tmp_path / "key.tmp").exists()


def test_a_secret_gets_a_new_file_with_its_mode(tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)

    write_secret(path, "new")

    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


def test_keytool_is_looked_for_beside_java(tmp_path: Path):
    beside = tmp_path / "keytool"
    beside.write_text("")

    assert find_keytool(tmp_path / "java") == str(beside)
