import logging
from datetime import timedelta

import pytest

from headrace import ManualClock, TopicPartition
from headrace.core.errors import OffsetOutOfRangeError
from headrace.log.api import NewTopic, Position, RecordColumns
from headrace.log.memory import MemoryLog
from headrace.runtime.starting_positions import starting_positions

P = TopicPartition("in", 0)


@pytest.fixture
def filled(log: MemoryLog, clock: ManualClock) -> MemoryLog:
    """Offsets 2 to 5 at one second each."""
    log.admin().create_topics([NewTopic("in", 1)])
    producer = log.producer()
    columns = RecordColumns()
    for number in range(6):
        columns.append(b"k", b"v", clock.now_ms() - (6 - number) * 1_000)
    producer.append("in", 0, columns)
    producer.flush()
    log.admin().delete_records({P: 2})
    return log


def start(log: MemoryLog, clock: ManualClock, reset: str, committed: int | None = None) -> int:
    positions = {} if committed is None else {P: Position(committed)}
    return starting_positions(log.admin(), clock, positions, {P: reset})[P]


@pytest.mark.parametrize("committed", [2, 4, 6])
def test_a_committed_position_that_is_there_wins(filled: MemoryLog, clock: ManualClock, committed: int) -> None:
    assert start(filled, clock, "none", committed) == committed


def test_without_one_the_reset_decides(filled: MemoryLog, clock: ManualClock) -> None:
    found = [start(filled, clock, reset) for reset in ("earliest", "latest", "by-duration:2500", "by-duration:0")]
    assert found == [2, 6, 4, 6]
    assert start(filled, clock, f"by-duration:{timedelta(days=9) // timedelta(milliseconds=1)}") == 2


def test_without_one_and_with_none_it_is_an_error(filled: MemoryLog, clock: ManualClock) -> None:
    with pytest.raises(OffsetOutOfRangeError, match="no position is committed for in-0"):
        start(filled, clock, "none")


@pytest.mark.parametrize("committed", [1, 7])
def test_a_position_out_of_range_goes_the_way_of_the_reset_and_is_reported(
    filled: MemoryLog, clock: ManualClock, committed: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert start(filled, clock, "earliest", committed) == 2
    assert "position_out_of_range" in caplog.text
    assert f"position={committed}" in caplog.text


def test_a_position_out_of_range_with_none_is_an_error_that_says_what_there_is(filled: MemoryLog, clock: ManualClock) -> None:
    with pytest.raises(OffsetOutOfRangeError, match="position 1 of in-0 is not there any more: it has offsets 2 to 6"):
        start(filled, clock, "none", 1)
