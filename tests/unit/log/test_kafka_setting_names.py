"""Which client a setting is for, and Kafka Streams' names for librdkafka's."""

from __future__ import annotations

import pytest

from headrace.core.errors import ConfigurationError
from headrace.log.kafka.setting_names import settings_for
from headrace.log.kafka.settings import ClientSettings

LINE = 'org.apache.kafka.common.security.{module} required username="ada" password="hunter2 ={{}}";'
PLAIN = LINE.format(module="plain.PlainLoginModule")


def test_a_prefixed_setting_reaches_its_kind_of_client_only() -> None:
    passed = {"linger.ms": "5", "producer.linger.ms": "7", "consumer.fetch.min.bytes": "2"}
    assert settings_for(passed, ["producer."]) == {"linger.ms": "7"}
    assert settings_for(passed, ["consumer.", "restore.consumer."]) == {"linger.ms": "5", "fetch.min.bytes": "2"}
    assert settings_for(passed, ["admin."]) == {"linger.ms": "5"}


def test_a_setting_for_restoring_wins_over_one_for_all_consumers() -> None:
    passed = {"restore.consumer.fetch.min.bytes": "9", "consumer.fetch.min.bytes": "2", "fetch.min.bytes": "1"}
    assert settings_for(passed, ["consumer.", "restore.consumer."]) == {"fetch.min.bytes": "9"}
    assert settings_for(passed, ["consumer.", "main.consumer."]) == {"fetch.min.bytes": "2"}


@pytest.mark.parametrize(
    ("name", "value", "translated"),
    [
        ("send.buffer.bytes", "131072", {"socket.send.buffer.bytes": "131072"}),
        ("receive.buffer.bytes", "65536", {"socket.receive.buffer.bytes": "65536"}),
        ("fetch.max.wait.ms", "50", {"fetch.wait.max.ms": "50"}),
        ("max.request.size", "2000000", {"message.max.bytes": "2000000"}),
        ("buffer.memory", "33554432", {"queue.buffering.max.kbytes": "32768"}),
        ("ssl.endpoint.identification.algorithm", "", {"ssl.endpoint.identification.algorithm": "none"}),
        ("delivery.timeout.ms", "9000", {"delivery.timeout.ms": "9000"}),
        ("compression.type", "zstd", {"compression.type": "zstd"}),
        ("sasl.mechanism", "SCRAM-SHA-512", {"sasl.mechanism": "SCRAM-SHA-512"}),
    ],
)
def test_names_of_kafka_streams_are_understood_by_librdkafka(name: str, value: str, translated: dict[str, str]) -> None:
    assert settings_for({name: value}, []) == translated
    ClientSettings(bootstrap="localhost:1", client_id="app", passed={name: value, "log_level": "0"}).producer(None).close()


@pytest.mark.parametrize("module", ["plain.PlainLoginModule", "scram.ScramLoginModule"])
def test_user_and_password_come_out_of_a_line_for_java(module: str) -> None:
    found = settings_for({"sasl.jaas.config": LINE.format(module=module)}, [])
    assert found == {"sasl.username": "ada", "sasl.password": "hunter2 ={}"}


@pytest.mark.parametrize(
    "line",
    [
        PLAIN.replace(";", ""),
        PLAIN.replace("username", "user"),
        PLAIN.replace("PlainLoginModule", "Krb5LoginModule"),
        PLAIN.replace('"hunter2', "hunter2"),
        "hunter2",
    ],
)
def test_a_line_for_java_that_says_something_else_is_refused_without_its_password(line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"sasl\.jaas\.config") as caught:
        settings_for({"sasl.jaas.config": line}, [])
    assert "hunter2" not in str(caught.value)


def test_certificates_in_pem_are_taken_and_java_s_own_stores_are_refused() -> None:
    passed = {"ssl.truststore.type": "PEM", "ssl.truststore.location": "/ca.pem", "ssl.keystore.type": "PKCS12"}
    assert settings_for(passed, []) == {"ssl.ca.location": "/ca.pem"}
    with pytest.raises(ConfigurationError, match=r"ssl\.truststore\.type is 'JKS'") as caught:
        settings_for({"ssl.truststore.type": "JKS"}, [])
    assert caught.value.hint is not None
    assert "convert" in caught.value.hint


def test_a_setting_under_both_names_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"given twice: as fetch\.max\.wait\.ms and as fetch\.wait\.max\.ms"):
        settings_for({"fetch.max.wait.ms": "1", "fetch.wait.max.ms": "2"}, [])


@pytest.mark.parametrize("value", ["32 MB", "100"])
def test_memory_that_is_no_number_of_bytes_is_an_error(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"buffer\.memory"):
        settings_for({"buffer.memory": value}, [])
