import pytest

from headrace import TopicPartition
from headrace.runtime.tasks.partition_group import PartitionGroup
from support.record_queues import batch, queue

A, B = TopicPartition("a", 0), TopicPartition("b", 0)


def group(max_idle_ms: int = -1) -> PartitionGroup:
    return PartitionGroup([queue("a"), queue("b")], max_idle_ms)


def order(mine: PartitionGroup) -> list[tuple[str, int]]:
    """Takes all records one by one: topic and time."""
    found = []
    while (taken := mine.take()) is not None:
        one, _ = taken
        assert one.batch is not None
        found.append((one.partition.topic, one.batch.times[one.index]))
        one.advance(one.index + 1)
        mine.put_back(one)
    return found


def add(mine: PartitionGroup, topic: str, times: list[int], first: int = 0) -> None:
    mine.add(batch([b"1"] * len(times), topic=topic, times=times, first=first))


def test_records_come_in_the_order_of_the_times_at_the_heads() -> None:
    mine = group()
    add(mine, "a", [1, 5, 2])
    add(mine, "b", [3, 4])
    assert order(mine) == [("a", 1), ("b", 3), ("b", 4), ("a", 5), ("a", 2)]


def test_equal_times_go_by_who_had_records_first() -> None:
    mine = group()
    add(mine, "b", [1, 1])
    add(mine, "a", [1])
    assert order(mine) == [("b", 1), ("a", 1), ("b", 1)]


def test_the_bound_is_the_head_of_the_next_queue() -> None:
    mine = group()
    add(mine, "a", [1])
    assert mine.take() == (mine.queues[A], None)
    mine.put_back(mine.queues[A])
    add(mine, "b", [7])
    taken = mine.take()
    assert taken is not None
    assert taken[1] == 7


def test_head_names_the_record_whose_turn_it_is() -> None:
    mine = group()
    assert mine.head() is None
    add(mine, "a", [9], first=4)
    add(mine, "b", [3], first=8)
    assert mine.head() == (B, 8)


def test_nothing_is_ready_without_records() -> None:
    assert not group().ready(0, lambda _: True)


def test_all_inputs_with_records_are_ready_whatever_the_idling() -> None:
    mine = group(max_idle_ms=1_000)
    add(mine, "a", [1])
    add(mine, "b", [1])
    assert mine.ready(0, lambda _: False)


@pytest.mark.parametrize(("caught_up", "ready"), [(True, True), (False, False)])
def test_by_default_an_empty_input_is_waited_for_while_the_log_has_records_for_it(caught_up: bool, ready: bool) -> None:
    mine = group(max_idle_ms=0)
    add(mine, "a", [1])
    assert mine.ready(0, lambda partition: caught_up) is ready


def test_only_the_empty_input_is_asked_about() -> None:
    mine = group(max_idle_ms=0)
    add(mine, "a", [1])
    assert mine.ready(0, lambda partition: partition == B)


def test_minus_one_never_waits() -> None:
    mine = group(max_idle_ms=-1)
    add(mine, "a", [1])
    assert mine.ready(0, lambda _: False)


def test_with_an_idle_time_an_empty_input_is_waited_for_so_long_and_then_left_behind() -> None:
    mine = group(max_idle_ms=100)
    add(mine, "a", [1])
    assert not mine.ready(1_000, lambda _: True)
    assert not mine.ready(1_099, lambda _: True)
    assert mine.ready(1_100, lambda _: True)


def test_idling_begins_anew_when_the_log_has_records_or_the_input_had_some() -> None:
    mine = group(max_idle_ms=100)
    add(mine, "a", [1, 2])
    assert not mine.ready(1_000, lambda _: True)
    assert not mine.ready(1_090, lambda _: False)
    assert not mine.ready(1_150, lambda _: True)
    assert mine.ready(1_250, lambda _: True)


def test_an_input_that_a_pattern_finds_joins_the_others() -> None:
    mine = group()
    mine.add_queue(queue("c"))
    add(mine, "c", [1])
    add(mine, "a", [2])
    assert order(mine) == [("c", 1), ("a", 2)]


def test_clearing_forgets_all_queues() -> None:
    mine = group()
    add(mine, "a", [1])
    mine.clear()
    assert (mine.take(), mine.waiting_records) == (None, 0)
