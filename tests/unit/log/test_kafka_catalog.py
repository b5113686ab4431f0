"""What a catalog takes for an answer while brokers learn of a new topic one after the other."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from headrace import TopicPartition, UnknownTopicError
from headrace.log.kafka import catalog as module
from headrace.log.kafka.calls import Patience
from headrace.log.kafka.catalog import Catalog


class Brokers:
    """Answers requests about topics one broker after the other: each knows the topics that its turn says."""

    def __init__(self, *turns: set[str]) -> None:
        self.turns = list(turns)

    def _next(self) -> set[str]:
        return self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]

    def list_topics(self, timeout: float) -> Any:
        topics = {name: SimpleNamespace(partitions={0: None}, error=None) for name in self._next()}
        return SimpleNamespace(topics=topics)

    def describe_topics(self, collection: Any, request_timeout: float) -> dict[str, Any]:
        known, answers = self._next(), {}
        for name in collection.topic_names:
            answer: Future[Any] = Future()
            if name in known:
                answer.set_result(SimpleNamespace(partitions=[None]))
            else:
                answer.set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
            answers[name] = answer
        return answers


def catalog(*turns: set[str]) -> Catalog:
    brokers: Any = Brokers(*turns)
    return Catalog(brokers, Patience(30.0, lambda: None))


@pytest.fixture
def no_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one has no way to be asked for its names."""
    monkeypatch.setattr(module, "TopicCollection", lambda names: SimpleNamespace(topic_names=names))


def test_a_topic_that_was_just_seen_is_asked_for_again_where_a_broker_does_not_know_it(no_collection):
    asked = catalog({"new"}, set(), set(), {"new"})
    assert asked.counts(["new"]) == {"new": 1}
    assert asked.counts(["new"]) == {"new": 1}


def test_a_list_of_topics_without_one_that_was_just_seen_is_asked_for_again(no_collection):
    asked = catalog({"new", "old"}, {"old"}, {"new", "old"})
    assert asked.counts(["new"]) == {"new": 1}
    assert asked.all() == {"new": 1, "old": 1}


def test_a_topic_that_was_never_seen_does_not_exist(no_collection):
    with pytest.raises(UnknownTopicError):
        catalog(set()).require([TopicPartition("none", 0)])


def test_a_topic_that_was_seen_long_ago_has_been_deleted(no_collection, monkeypatch):
    asked = catalog({"old"}, set())
    assert asked.counts(["old"]) == {"old": 1}
    monkeypatch.setattr(module, "_SPREADS_S", 0.0)
    assert asked.counts(["old"]) == {}


def test_a_topic_that_is_being_deleted_is_not_waited_for(no_collection):
    asked = catalog({"gone"}, set())
    assert asked.counts(["gone"]) == {"gone": 1}
    asked.deleted(["gone"])
    assert asked.counts(["gone"]) == {}
