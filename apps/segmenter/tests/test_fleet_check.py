"""What `make check` tells, on the embedded log."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from segmenter.fleet.checking import compare
from segmenter.fleet.places import Fleet
from segmenter.model import EVENTS, SESSION_EVENTS
from segmenter.surroundings import Surroundings, options_of, surroundings
from segmenter.topology import build
from session_topics import fill, read_all

from headrace import App, HeadraceError, StreamsBuilder
from headrace.core.identifiers import TopicPartition
from headrace.log.api import NewTopic, Position, RecordColumns

APP = "segmenter"


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    with surroundings(options_of(data=tmp_path)) as made:
        fill(made, 200)
        yield made


def run(around: Surroundings) -> None:
    builder = StreamsBuilder()
    build(builder)
    App(None, builder.build(), config=around.config).run(until_end=True)


def test_all_is_well_after_a_run(around: Surroundings) -> None:
    run(around)
    found = compare(around, APP)
    assert (found.events, found.lost, found.doubled) == (200, 0, 0)
    assert 50 < found.sessions < 200


def test_an_event_that_is_there_twice_is_told(around: Surroundings) -> None:
    run(around)
    partition, key, value = next(read_all(around.log, SESSION_EVENTS))
    columns = RecordColumns()
    columns.append(key, value, 0, ())
    producer = around.log.producer()
    producer.append(SESSION_EVENTS, partition, columns)
    producer.flush()
    producer.close()
    assert compare(around, APP).doubled == 1


def test_events_that_were_read_and_did_not_come_out_are_lost(around: Surroundings) -> None:
    admin = around.log.admin()
    admin.create_topics([NewTopic(SESSION_EVENTS, 5)])
    ends = admin.end_offsets([TopicPartition(EVENTS, number) for number in range(5)])
    admin.set_positions(APP, {where: Position(end) for where, end in ends.items()})
    assert compare(around, APP).lost == 200


def test_a_segmenter_that_does_not_get_on_is_told(around: Surroundings) -> None:
    with pytest.raises(HeadraceError, match="200 events behind after 0 s"):
        compare(around, APP, patience_s=0)


def test_a_fleet_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HeadraceError, match="there is no fleet"):
        Fleet.load(tmp_path)


def test_a_fleet_is_found_again(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "localhost:9092", "http://localhost:8081", serve_port=9000, full_speed=True)
    fleet.save()
    assert Fleet.load(tmp_path) == fleet
    assert fleet.url_of(3) == "http://127.0.0.1:9002"
