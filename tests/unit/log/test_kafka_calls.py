"""Answers of the admin client."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from confluent_kafka import KafkaError, KafkaException

from headrace.log.kafka import calls
from headrace.log.kafka.failures import is_temporary


def test_answers_and_refusals_are_told_apart() -> None:
    good, bad = Future[int](), Future[int]()
    good.set_result(7)
    bad.set_exception(KafkaException(KafkaError(KafkaError.NOT_CONTROLLER)))
    answers, refused = calls.settled({"good": good, "bad": bad})
    assert answers == {"good": 7}
    assert {key: error.code() for key, error in refused.items()} == {"bad": KafkaError.NOT_CONTROLLER}


def test_a_request_that_the_client_never_answers_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "TIMEOUT_S", 0.0)
    monkeypatch.setattr(calls, "_OVERDUE_S", 0.0)
    _, refused = calls.settled({"lost": Future[int]()})
    assert is_temporary(refused["lost"])
