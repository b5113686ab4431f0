"""librdkafka's errors as ours: what was being done, what Kafka answered, and the mend."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from headrace.core.errors import (
    ConfigurationError,
    FencedError,
    HeadraceError,
    LogBusyError,
    LogError,
    OffsetOutOfRangeError,
    UnknownTopicError,
)

FENCED = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED})
EXPELLED = frozenset({KafkaError.UNKNOWN_MEMBER_ID, KafkaError.FENCED_INSTANCE_ID, KafkaError._ASSIGNMENT_LOST})
"""What a coordinator answers to somebody who is no member of the group any more."""

NEW_GENERATION = frozenset({KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS})
"""What it answers to a member that has not heard of the newest generation yet; it soon will."""

SUSPENDED = frozenset({KafkaError._MAX_POLL_EXCEEDED})
"""The whole process stood still for minutes, as on a laptop that was closed: librdkafka has left the group, and joins again."""

OTHER_PROTOCOL = frozenset({KafkaError.INCONSISTENT_GROUP_PROTOCOL})
"""The group has members that assign partitions in another way; a join succeeds when they are gone."""

UNKNOWN_TOPIC = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNKNOWN_TOPIC_ID,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
    }
)
BROKEN_TRANSACTION = frozenset(
    {
        KafkaError.INVALID_TXN_STATE,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.UNKNOWN_PRODUCER_ID,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.TRANSACTION_ABORTABLE,
        KafkaError._STATE,
        KafkaError._CONFLICT,
        KafkaError._FATAL,
        KafkaError._INCONSISTENT,
    }
)
"""Client and coordinator do not agree any more; a new client begins well."""

OUT_OF_RANGE = frozenset({KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET})
UNREACHABLE = frozenset(
    {
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._RESOLVE,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.NETWORK_EXCEPTION,
    }
)
TEMPORARY = UNREACHABLE | {
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._MSG_TIMED_OUT,
    KafkaError._WAIT_COORD,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.NOT_CONTROLLER,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    KafkaError.CONCURRENT_TRANSACTIONS,
    KafkaError.UNSTABLE_OFFSET_COMMIT,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.THROTTLING_QUOTA_EXCEEDED,
}
PASSING = TEMPORARY | BROKEN_TRANSACTION | {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}
"""Why a record was not delivered though it may be the next time. Purged is what was on its way in a broken transaction."""

NOT_LET_IN = frozenset({KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._SSL})
"""librdkafka reports these and tries again; the requests only time out."""

_REFUSED_SETTINGS = frozenset(
    {
        KafkaError._INVALID_ARG,
        KafkaError.INVALID_CONFIG,
        KafkaError.INVALID_PARTITIONS,
        KafkaError.INVALID_REPLICATION_FACTOR,
        KafkaError.INVALID_TRANSACTION_TIMEOUT,
        KafkaError.POLICY_VIOLATION,
        KafkaError.UNSUPPORTED_VERSION,
    }
)
_KINDS: tuple[tuple[frozenset[int], type[HeadraceError], str | None], ...] = (
    (FENCED, FencedError, "another instance has taken over; stop this one"),
    (UNKNOWN_TOPIC, UnknownTopicError, "create the topic, or check the name"),
    (OUT_OF_RANGE, OffsetOutOfRangeError, "reset the position to go on"),
    (UNREACHABLE, LogBusyError, "check the option bootstrap, the network, and that the brokers run"),
    (_REFUSED_SETTINGS, ConfigurationError, None),
)
_LOG_HINTS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "give the application the right to this topic (ACL)",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "give the application the right to its group (ACL), which is its application id",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "give the application the right to transactional ids that begin with its "
    "application id (ACL), or use guarantee=at_least_once",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "give the application the right to create topics (ACL), or create them beforehand",
    KafkaError._AUTHENTICATION: "check security.protocol, sasl.* and ssl.* in the table kafka",
    KafkaError.SASL_AUTHENTICATION_FAILED: "check sasl.username and sasl.password in the table kafka",
    KafkaError._SSL: "check security.protocol and ssl.* in the table kafka",
    KafkaError.MSG_SIZE_TOO_LARGE: "make the record smaller, or raise max.message.bytes of the topic and message.max.bytes in "
    "the table kafka",
    KafkaError.RECORD_LIST_TOO_LARGE: "raise max.message.bytes of the topic, or lower batch.size in the table kafka",
    KafkaError.INVALID_TIMESTAMP: "brokers refuse timestamps too far in the future (an hour by default): mend the timestamp "
    "extractor, or raise message.timestamp.after.max.ms of the topic",
    KafkaError.OFFSET_METADATA_TOO_LARGE: "raise offset.metadata.max.bytes of the brokers",
    KafkaError.UNKNOWN_MEMBER_ID: "the group has running members: stop the application first",
    KafkaError.NON_EMPTY_GROUP: "the group has running members: stop the application first",
}


def error_of(error: KafkaException | KafkaError) -> KafkaError:
    """The KafkaError inside an exception."""
    found = error.args[0] if isinstance(error, KafkaException) else error
    return found if isinstance(found, KafkaError) else KafkaError(KafkaError._FAIL, str(found))


def text_of(error: BaseException) -> str:
    """The readable part of an exception of confluent_kafka."""
    return error_of(error).str() if isinstance(error, KafkaException) else str(error)


def is_temporary(error: KafkaError) -> bool:
    """Whether the same call may succeed later."""
    return not error.fatal() and (error.code() in TEMPORARY or error.retriable())


def translated(error: KafkaException | KafkaError, doing: str) -> HeadraceError:
    """The error of ours.

    Args:
        error: What librdkafka or a broker says; its text names the broker where one is concerned.
        doing: What was being done and to what, as it follows "cannot".
    """
    inner = error_of(error)
    message = f"cannot {doing}: {inner.str()} [{inner.name()}]"
    for codes, kind, hint in _KINDS:
        if inner.code() in codes:
            return kind(message, hint=hint)
    if is_temporary(inner) or inner.code() in NEW_GENERATION:
        return LogBusyError(message, hint="the brokers are busy or electing leaders; look at their health if this lasts")
    return LogError(message, hint=_LOG_HINTS.get(inner.code()))
