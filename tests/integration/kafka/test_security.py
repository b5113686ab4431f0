"""Encrypted listeners and each way to log in, down to positions and transactions: every kind of client has to get in."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from headrace import LogError, StreamsBuilder, SystemClock, TopicPartition
from headrace.cluster import Cluster, temporary_cluster
from headrace.log.api import Position, RecordColumns
from headrace.log.kafka import open_kafka
from support.kafka_access import KafkaAccess

LISTENER = "listener.name.sasl_ssl"
MODULES = "org.apache.kafka.common.security"
BROKER = {
    f"{LISTENER}.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
    f"{LISTENER}.scram-sha-512.sasl.jaas.config": f"{MODULES}.scram.ScramLoginModule required;",
    f"{LISTENER}.oauthbearer.sasl.jaas.config": f"{MODULES}.oauthbearer.OAuthBearerLoginModule required "
    'unsecuredLoginStringClaim_sub="broker";',
}
NOW = SystemClock().now_ms()
HOUR_S = 3600


@pytest.fixture(scope="module")
def secured() -> Iterator[Cluster]:
    with temporary_cluster(sasl=True, properties=BROKER) as cluster:
        yield cluster


def encrypted(cluster: Cluster, **settings: str) -> dict[str, str]:
    assert cluster.credentials is not None
    given = {"security_protocol": "SASL_SSL", "ssl_ca_location": str(cluster.credentials.certificate), **settings}
    return {name.replace("_", "."): value for name, value in given.items()}


def check(cluster: Cluster, topic: str, settings: Mapping[str, str]) -> None:
    """Makes a topic, writes with and without a transaction, reads, and commits and reads positions."""
    log = open_kafka(cluster.sasl_bootstrap, settings=settings)
    access = KafkaAccess(cluster.sasl_bootstrap, log, Path())
    access.create(**{topic: 1})
    access.write(topic, [("k", 1, NOW)])
    where = TopicPartition(topic, 0)
    producer = log.producer(f"writer-of-{topic}")
    producer.begin()
    producer.append(topic, 0, RecordColumns([NOW], [b"k"], [b"2"]))
    producer.send_positions(f"group-of-{topic}", {where: Position(1, "m")})
    producer.commit()
    producer.close()
    assert access.read(topic) == [("k", 1), ("k", 2)]
    assert log.admin().positions(f"group-of-{topic}") == {where: Position(1, "m")}
    log.close()


def test_plain_as_kafka_streams_is_told(secured: Cluster) -> None:
    found = secured.credentials
    assert found is not None
    check(
        secured,
        "plain",
        {
            "security.protocol": "SASL_SSL",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(found.certificate),
            "sasl.mechanism": "PLAIN",
            "sasl.jaas.config": f'{MODULES}.plain.PlainLoginModule required username="{found.user}" '
            f'password="{found.password}";',
        },
    )


def test_scram(secured: Cluster) -> None:
    client = AdminClient({"bootstrap.servers": secured.bootstrap})
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    client.alter_user_scram_credentials([UserScramCredentialUpsertion("ada", how, b"lovelace")])["ada"].result()
    login = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "ada"}
    check(secured, "scram", encrypted(secured, **login, sasl_password="lovelace"))


class Tokens(BaseHTTPRequestHandler):
    """Gives everybody a token that nobody has signed."""

    def do_POST(self) -> None:
        now = SystemClock().now_ms() // 1000
        claims = {"sub": "ada", "iat": now, "exp": now + HOUR_S}
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)]
        answer = json.dumps({"access_token": ".".join([*parts, ""]), "token_type": "bearer", "expires_in": HOUR_S}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def token_server() -> Iterator[str]:
    with HTTPServer(("localhost", 0), Tokens) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/token"
        server.shutdown()
        thread.join()


def test_oauthbearer(secured: Cluster, token_server: str) -> None:
    oidc = {
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.client.id": "headrace",
        "sasl.oauthbearer.client.secret": "hunter2",
        "sasl.oauthbearer.token.endpoint.url": token_server,
    }
    check(secured, "oauthbearer", {**encrypted(secured), **oidc})


def test_an_application_runs_on_the_secured_listener(secured: Cluster, tmp_path: Path) -> None:
    found = secured.credentials
    assert found is not None
    login = encrypted(secured, sasl_mechanism="PLAIN", sasl_username=found.user, sasl_password=found.password)
    log = open_kafka(secured.sasl_bootstrap, settings=login)
    access = KafkaAccess(secured.sasl_bootstrap, log, tmp_path)
    access.create(**{"in": 1, "out": 1})
    access.write("in", [("k", n, NOW) for n in range(3)])
    builder = StreamsBuilder()
    builder.stream("in").map_values(lambda n: n + 1).to("out")
    access.run(builder.build(), kafka=login)
    assert access.read("out") == [("k", 1), ("k", 2), ("k", 3)]
    log.close()


def test_a_certificate_that_nobody_trusts_is_told(secured: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.log.kafka.catalog._ASK_S", 1.0)
    log = open_kafka(secured.sasl_bootstrap, settings={"security.protocol": "SSL"})
    with pytest.raises(LogError, match="certificate verify failed"):
        log.admin().partition_counts()
    log.close()


def test_a_wrong_password_is_told_without_it(
    secured: Cluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("headrace.log.kafka.catalog._ASK_S", 1.0)
    wrong = encrypted(secured, sasl_mechanism="PLAIN", sasl_username="headrace", sasl_password="hunter2")
    log = open_kafka(secured.sasl_bootstrap, settings={**wrong, "debug": "security,conf"})
    with caplog.at_level("DEBUG"), pytest.raises(LogError, match="Authentication failed") as caught:
        log.admin().partition_counts()
    log.close()
    assert caught.value.hint == "check security.protocol, sasl.* and ssl.* in the table kafka"
    assert "SASL" in caplog.text
    assert "hunter2" not in caplog.text
    assert "hunter2" not in str(caught.value)
