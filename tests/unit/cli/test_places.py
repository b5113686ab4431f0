import click
import pytest

from headrace.cli.places import Place, PlaceType, TimeType, offsets_at
from headrace.core.identifiers import TopicPartition
from headrace.core.time import ManualClock
from headrace.log.api import NewTopic, RecordColumns
from headrace.log.memory import MemoryLog

PARTITION = TopicPartition("t", 0)


def place(text):
    return PlaceType().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("beginning", Place("beginning")),
        ("earliest", Place("beginning")),
        ("end", Place("end")),
        ("latest", Place("end")),
        ("17", Place("offset", 17)),
        ("-5", Place("back", 5)),
        ("@1000", Place("time", 1_000)),
        ("1970-01-01T00:00:02Z", Place("time", 2_000)),
        ("1970-01-01", Place("time", 0)),
        ("1970-01-01T01:00:00+01:00", Place("time", 0)),
    ],
)
def test_reads_places(text, expected):
    assert place(text) == expected


@pytest.mark.parametrize("text", ["somewhere", "", "@x", "5 parsecs", "1970-13-01"])
def test_refuses_other_text_and_says_what_can_be_written(text):
    with pytest.raises(click.BadParameter, match="none of: beginning, end"):
        place(text)


def test_reads_times():
    assert TimeType().convert("1970-01-01T00:00:01Z", None, None) == 1_000
    assert TimeType().convert("1500", None, None) == 1_500
    with pytest.raises(click.BadParameter, match="is no time"):
        TimeType().convert("noon", None, None)


@pytest.mark.parametrize(
    ("text", "offset"),
    [("beginning", 0), ("end", 3), ("1", 1), ("99", 3), ("-2", 1), ("-99", 0), ("@15", 2), ("@99", 3)],
)
def test_finds_the_offset_of_a_place_within_what_is_there(text, offset):
    log = MemoryLog(ManualClock())
    log.admin().create_topics([NewTopic("t", 1)])
    columns = RecordColumns()
    for time in (0, 10, 20):
        columns.append(None, b"v", time)
    producer = log.producer()
    producer.append("t", 0, columns)
    producer.flush()

    assert offsets_at(log.admin(), place(text), [PARTITION]) == {PARTITION: offset}
    log.close()
