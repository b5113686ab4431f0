"""Waiting for answers of the admin client, and for effects that spread through the cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from headrace.core.errors import LogBusyError
from headrace.log.kafka import failures
from headrace.observe.events import event_logger

K = TypeVar("K")
T = TypeVar("T")

TIMEOUT_S = 30.0
"""How long a request may take before it fails as busy."""

REQUEST_S = 5.0
"""The same for requests that are repeated: a broker that hangs is asked no longer than it takes to elect another leader."""

_OVERDUE_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.005, 0.1
_log = event_logger("kafka")


class Patience:
    """Repeats requests that fail for the moment: a leader is elected, brokers are restarted.

    Short until brokers have answered for the first time, so that a wrong address or password is told soon.

    Args:
        seconds: How long brokers that have answered before may be away.
        refusal: Asked after each failure whether a broker has said why it does not let the client in.
    """

    def __init__(self, seconds: float, refusal: Callable[[], KafkaError | None]) -> None:
        self._later_s = max(seconds, TIMEOUT_S)
        self._seconds = TIMEOUT_S
        self._answered = False
        self._refusal = refusal

    def repeat(self, request: Callable[[], T]) -> T:
        """The answer.

        Raises:
            LogBusyError: The time is up.
            LogError: The brokers do not let this client in, and never have.
        """
        began = time.monotonic()
        pause = _FIRST_PAUSE_S
        while True:
            try:
                answer = request()
            except LogBusyError as error:
                refusal = self._refusal()
                if refusal is not None and not self._answered:
                    raise failures.translated(refusal, "get in touch with the brokers") from None
                if time.monotonic() - began >= self._seconds:
                    raise
                if pause == _FIRST_PAUSE_S:
                    _log.warning("request_repeated", problem=error.message)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            else:
                self._answered = True
                self._seconds = self._later_s
                return answer


def results(futures: Mapping[K, Future[Any]], doing: str) -> dict[K, Any]:
    """All answers. Raises the error of the first that failed."""
    answers, refused = settled(futures)
    for error in refused.values():
        raise failures.translated(error, doing)
    return answers


def settled(futures: Mapping[K, Future[Any]]) -> tuple[dict[K, Any], dict[K, KafkaError]]:
    """All answers, and the errors of those that failed."""
    answers: dict[K, Any] = {}
    refused: dict[K, KafkaError] = {}
    for key, future in futures.items():
        try:
            answers[key] = answer(future)
        except KafkaException as error:
            refused[key] = failures.error_of(error)
    return answers, refused


def answer(future: Future[T]) -> T:
    """The answer to one request. Raises KafkaException.

    librdkafka (2.16) promises an answer within the request's time-out, and may never give one: seen with `describe_configs`, on
    a machine under load. The request is to be made again then.
    """
    try:
        return future.result(TIMEOUT_S + _OVERDUE_S)
    except TimeoutError:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "the client has lost the request")) from None


def until(done: Callable[[], bool], doing: str, timeout_s: float = TIMEOUT_S) -> None:
    """Asks again until the answer is yes. Raises LogBusyError when the time is up."""
    deadline = time.monotonic() + timeout_s
    pause = _FIRST_PAUSE_S
    while not done():
        if time.monotonic() >= deadline:
            message = f"cannot {doing}: the brokers do not show it after {timeout_s:g} s"
            raise LogBusyError(message, hint="look at the health of the cluster's controller")
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
