"""librdkafka's errors as ours: kind, whether they go away by themselves, and the mend."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException, Message

from headrace.core.errors import (
    ConfigurationError,
    FencedError,
    HeadraceError,
    LogBusyError,
    LogError,
    OffsetOutOfRangeError,
    UnknownTopicError,
)
from headrace.log.kafka.failures import error_of, is_temporary, text_of, translated
from headrace.log.kafka.producing import Delivery


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (KafkaError._FENCED, FencedError),
        (KafkaError.INVALID_PRODUCER_EPOCH, FencedError),
        (KafkaError.PRODUCER_FENCED, FencedError),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, UnknownTopicError),
        (KafkaError._UNKNOWN_PARTITION, UnknownTopicError),
        (KafkaError.OFFSET_OUT_OF_RANGE, OffsetOutOfRangeError),
        (KafkaError._AUTO_OFFSET_RESET, OffsetOutOfRangeError),
        (KafkaError._TRANSPORT, LogBusyError),
        (KafkaError._TIMED_OUT, LogBusyError),
        (KafkaError._MSG_TIMED_OUT, LogBusyError),
        (KafkaError.NOT_ENOUGH_REPLICAS, LogBusyError),
        (KafkaError.COORDINATOR_NOT_AVAILABLE, LogBusyError),
        (KafkaError.INVALID_REPLICATION_FACTOR, ConfigurationError),
        (KafkaError.POLICY_VIOLATION, ConfigurationError),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, LogError),
        (KafkaError.MSG_SIZE_TOO_LARGE, LogError),
    ],
)
def test_each_code_has_its_kind(code: int, kind: type[HeadraceError]) -> None:
    error = translated(KafkaException(KafkaError(code, "what the broker says")), "write to orders-3")
    assert type(error) is kind
    assert error.retriable == (kind is LogBusyError)
    assert error.message.startswith("cannot write to orders-3: what the broker says [")
    assert KafkaError(code).name() in error.message


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "ACL"),
        (KafkaError._AUTHENTICATION, "security.protocol"),
        (KafkaError.INVALID_TIMESTAMP, "message.timestamp.after.max.ms"),
        (KafkaError.MSG_SIZE_TOO_LARGE, "message.max.bytes"),
        (KafkaError._TRANSPORT, "bootstrap"),
        (KafkaError.UNKNOWN_MEMBER_ID, "stop the application"),
    ],
)
def test_the_mend_is_named(code: int, mend: str) -> None:
    assert mend in str(translated(KafkaError(code), "do it"))


def test_what_librdkafka_calls_retriable_is_so() -> None:
    assert translated(KafkaError(KafkaError.UNKNOWN, "later", retriable=True), "do it").retriable
    assert not translated(KafkaError(KafkaError.UNKNOWN, "never"), "do it").retriable


def test_a_fatal_error_does_not_go_away() -> None:
    assert is_temporary(KafkaError(KafkaError._TIMED_OUT))
    assert not is_temporary(KafkaError(KafkaError._TIMED_OUT, "x", fatal=True))


def test_an_exception_with_text_only_is_understood() -> None:
    assert error_of(KafkaException("odd")).str() == "odd"
    assert text_of(ValueError("bad value")) == "bad value"


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ([], None),
        ([KafkaError._PURGE_QUEUE, KafkaError._TRANSPORT, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER], None),
        ([KafkaError._PURGE_INFLIGHT, KafkaError.MSG_SIZE_TOO_LARGE], LogError),
        ([KafkaError._PURGE_INFLIGHT, KafkaError.INVALID_PRODUCER_EPOCH], FencedError),
    ],
)
def test_reports_tell_whether_the_same_records_can_be_delivered_the_next_time(
    codes: list[int], kind: type[HeadraceError] | None
) -> None:
    delivery = Delivery()
    for code in codes:
        delivery.last(KafkaError(code), Message(topic="t", partition=3))
    refusal = delivery.failure({}, KafkaError(KafkaError._INCONSISTENT))
    assert type(refusal) is (kind or type(None))
    if refusal is not None:
        assert "t-3" in refusal.message
