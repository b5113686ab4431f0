"""The plain consumer of ticket answers."""

from itertools import islice
from pathlib import Path

import pytest
from utopia.confirmations import confirmations, line
from utopia.entities import Event, Ticket
from utopia.mockdata import WORKSHOP_SIZES, MockData, Settings
from utopia.mockdata.writer import LogWriter
from utopia.samples import purchase_event_ticket
from utopia.samples.purchase_event_ticket import Confirmation

from headrace import App, StreamsBuilder, UnknownTopicError
from headrace.log.api import NewTopic
from headrace.log.memory import MemoryLog


def test_follows_answers_from_the_first_on(tmp_path: Path) -> None:
    log = MemoryLog()
    with LogWriter(log) as writer:
        writer.write(MockData(Settings(start_ms=1_760_000_000_000, sizes=WORKSHOP_SIZES)).initial_load())
    builder = StreamsBuilder()
    purchase_event_ticket.build(builder)
    App("kafka-workshop-tickets", builder.build(), log=log, data_dir=tmp_path).run(until_end=True)

    answers = list(islice(confirmations(log, stopped=lambda: False), WORKSHOP_SIZES.tickets))

    assert len({answer.ticket_request.id for answer in answers}) == WORKSHOP_SIZES.tickets
    log.close()


def test_says_that_there_is_no_topic_of_answers() -> None:
    log = MemoryLog()

    with pytest.raises(UnknownTopicError, match="kafka-workshop-ticket-response"):
        next(confirmations(log, stopped=lambda: False))
    log.close()


def test_stops_when_asked_to() -> None:
    log = MemoryLog()
    log.admin().create_topics([NewTopic(purchase_event_ticket.OUTPUT, 4)])

    assert list(confirmations(log, stopped=lambda: True)) == []
    log.close()


def test_an_answer_is_one_line() -> None:
    event = Event("event-1", "artist-1", "venue-1", 5, "2026-01-01")
    answer = Confirmation("id", "REJECTED", Ticket("ticket-7", "123", "event-1", 9.5), event, 0)

    assert line(answer) == "REJECTED   ticket-7 of customer 123 for event-1, 0 left"
