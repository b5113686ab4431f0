"""Settings of librdkafka's clients, and of topics, without a broker."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from confluent_kafka import KafkaError

from headrace.core.errors import ConfigurationError
from headrace.log.api import TopicConfig
from headrace.log.kafka import open_kafka
from headrace.log.kafka.client_events import ClientEvents
from headrace.log.kafka.settings import ClientSettings
from headrace.log.kafka.topic_settings import from_kafka, to_kafka


def settings(passed: Mapping[str, str]) -> ClientSettings:
    return ClientSettings(bootstrap="localhost:1", client_id="app", passed=passed)


@pytest.mark.parametrize("name", ["fetch.minn.bytes", "admin.colour"])
def test_an_unknown_setting_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name.removeprefix("admin.")):
        open_kafka("localhost:1", settings={name: "1"})


def test_a_value_of_the_wrong_kind_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"metadata\.max\.age\.ms"):
        open_kafka("localhost:1", settings={"metadata.max.age.ms": "soon"})


def test_a_setting_of_the_user_wins_over_a_default() -> None:
    with pytest.raises(ConfigurationError, match=r"transaction\.timeout\.ms"):
        settings({"transaction.timeout.ms": "0"}).producer("t")


def test_secrets_are_not_printed() -> None:
    assert "hunter2" not in repr(settings({"sasl.password": "hunter2"}))


@pytest.mark.parametrize("name", ["ssl.key.pem", "ssl.certificate.pem", "ssl.ca.pem", "ssl.keystore.key"])
def test_a_key_that_is_refused_is_not_quoted(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"refuses its settings") as caught:
        settings({"security.protocol": "SSL", name: "hunter2"}).producer(None)
    assert "hunter2" not in str(caught.value)


def test_a_setting_of_another_kind_of_client_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    events = ClientEvents("consumer", "localhost:1", lambda: None)
    events.log(30, "%s [%s] %s", "CONFWARN", "app#consumer-1", "linger.ms is a producer property")
    assert not caplog.records
    events.log(30, "%s [%s] %s", "REQTMOUT", "app#consumer-1", "timed out")
    assert "REQTMOUT" in caplog.text


def test_a_coordinator_that_is_asked_again_at_once_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    events = ClientEvents("producer", "localhost:1")
    events.log(30, "GETPID Failed to acquire transactional PID from broker TxnCoordinator/1: Broker: Not coordinator: retrying")
    assert not caplog.records


def test_a_problem_that_lasts_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    gone: list[bool] = []
    events = ClientEvents("consumer", "localhost:1", lambda: gone.append(True))
    for code in (KafkaError._TRANSPORT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
        events.problem(KafkaError(code, "refused"))
    assert [("_TRANSPORT" in text, "_ALL_BROKERS_DOWN" in text) for text in caplog.messages] == [(True, False), (False, True)]
    assert not gone
    events.problem(KafkaError(KafkaError._UNKNOWN_PARTITION, "orders [0]: gone"))
    assert gone == [True]


@pytest.mark.parametrize(
    ("config", "kafka"),
    [
        (TopicConfig(), {"cleanup.policy": "delete", "retention.ms": "-1"}),
        (TopicConfig(cleanup="compact"), {"cleanup.policy": "compact"}),
        (TopicConfig(cleanup="compact,delete", retention_ms=5), {"cleanup.policy": "compact,delete", "retention.ms": "5"}),
        (TopicConfig(cleanup="compact", min_compaction_lag_ms=7), {"cleanup.policy": "compact", "min.compaction.lag.ms": "7"}),
        (
            TopicConfig(retention_bytes=9, extra=(("segment.bytes", "52428800"),)),
            {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "9", "segment.bytes": "52428800"},
        ),
    ],
)
def test_topics_go_to_kafka_and_come_back(config: TopicConfig, kafka: Mapping[str, str]) -> None:
    made = to_kafka(config)
    assert made == {**kafka, "message.timestamp.type": "CreateTime"}
    brokers = {"cleanup.policy": "delete", "retention.ms": "604800000", "retention.bytes": "-1", "min.compaction.lag.ms": "0"}
    assert from_kafka({**brokers, **made}, made) == config


def test_the_topic_of_somebody_else_shows_the_brokers_retention() -> None:
    assert from_kafka({"cleanup.policy": "delete", "retention.ms": "604800000"}, {}).retention_ms == 604_800_000


def test_a_topic_may_have_the_brokers_time_if_it_is_asked_for() -> None:
    config = TopicConfig(extra=(("message.timestamp.type", "LogAppendTime"),))
    made = to_kafka(config)
    assert made["message.timestamp.type"] == "LogAppendTime"
    assert from_kafka(made, made) == config
