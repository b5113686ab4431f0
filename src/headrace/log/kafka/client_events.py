"""What librdkafka has to say by itself, as log events."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from confluent_kafka import KafkaError

from headrace.log.kafka.failures import NOT_LET_IN, UNKNOWN_TOPIC
from headrace.observe.events import event_logger

_NOT_NEW = ("CONFWARN", "FAIL", "ERROR")
"""Log lines that are no warnings: librdkafka warns of each producer setting that a consumer gets, and the other way round,
while the table kafka is for both; and it writes a line for each problem that it also reports."""

_NOT_YET = ": retrying"
"""Ends a line about a coordinator that is still being made or moved: librdkafka asks again within half a second."""

_TOLD_AGAIN_S = 60.0
_log = event_logger("kafka")


def _nothing() -> None:
    """Reads no topics."""


class ClientEvents:
    """Takes the log lines and errors of one client, in the place of a standard logger.

    Args:
        kind: `consumer`, `producer` or `admin`.
        bootstrap: The cluster.
        on_unknown_topic: Called when a topic that is used seems to have gone. librdkafka tells that only as text.

    Attributes:
        refusal: Why a broker did not let this client in, if one has said so.
    """

    def __init__(self, kind: str, bootstrap: str, on_unknown_topic: Callable[[], None] = _nothing) -> None:
        self.refusal: KafkaError | None = None
        self._on_unknown_topic = on_unknown_topic
        self._events = _log.bind(client=kind, bootstrap=bootstrap)
        self._told: dict[int, float] = {}
        self._lock = threading.Lock()

    def log(self, level: int, form: str, *values: object) -> None:
        """A line of librdkafka's log."""
        text = form % values if values else form
        if level < logging.WARNING or text.startswith(_NOT_NEW) or text.endswith(_NOT_YET):
            self._events.debug("client_log", text=text)
        else:
            self._events.warning("client_log", text=text)

    def problem(self, error: KafkaError) -> None:
        """A problem that librdkafka goes on to work on, such as a broker that is away; one of a kind is told once a minute."""
        if error.code() in UNKNOWN_TOPIC:
            self._on_unknown_topic()
        elif error.code() in NOT_LET_IN:
            self.refusal = error
        now = time.monotonic()
        with self._lock:
            last = self._told.get(error.code())
            if last is not None and now - last < _TOLD_AGAIN_S:
                return
            self._told[error.code()] = now
        self._events.warning("client_problem", problem=f"{error.name()}: {error.str()}")
