"""Topics that are made at the start are told; an input that had to be made is worth a warning."""

import logging
from contextlib import closing

import pytest

from headrace import StreamsBuilder
from headrace.app.prepare_topics import prepare_topics
from headrace.config.app_config import AppConfig
from headrace.core.time import SystemClock
from headrace.log.memory import MemoryLog
from support import tasks as bench


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logging.getLogger("headrace"), "propagate", True)
    caplog.set_level(logging.INFO, "headrace")
    return caplog


def prepared(source: str, **topics: int) -> None:
    builder = StreamsBuilder()
    builder.stream(source).to("results")
    with closing(MemoryLog(SystemClock())) as log:
        bench.make_topics(log, **topics)
        prepare_topics(log.admin(), AppConfig(app_id="app", topic_partitions=2), builder.build(), {})


def lines(said: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in said.records]


def test_a_misspelt_input_is_made_with_a_warning_that_names_the_similar_topic(said):
    prepared("txet", text=1, results=1)

    assert lines(said) == [
        ("WARNING", 'made topic txet (2 partitions), an input that did not exist hint="did you mean text?"'),
    ]


def test_without_a_similar_topic_the_warning_says_that_the_input_is_empty(said):
    prepared("orders", results=1)

    assert lines(said) == [
        (
            "WARNING",
            'made topic orders (2 partitions), an input that did not exist hint="it is empty until something is written to it"',
        ),
    ]


def test_outputs_that_are_made_are_told_without_a_warning(said):
    prepared("text", text=1)

    assert lines(said) == [("INFO", "made topic results (2 partitions)")]


def test_nothing_is_told_where_all_topics_are_there(said):
    prepared("text", text=1, results=1)

    assert lines(said) == []
