"""Joins of tables whose changes wait in caches: they see of each side what it has handed out, and nothing else."""

from typing import Any

from headrace import Grouped, KTable, Materialized, StreamsBuilder, Topology
from headrace.testing import TestDriver


def joined(how: str = "join") -> tuple[StreamsBuilder, KTable[Any, Any]]:
    builder = StreamsBuilder()
    left = builder.table("l", materialized=Materialized("left"))
    right = builder.table("r", materialized=Materialized("right"))
    return builder, getattr(left, how)(right, lambda one, other: f"{one}{other}")


def to_out(builder: StreamsBuilder, table: KTable[Any, Any]) -> Topology:
    table.to_stream().to("out")
    return builder.build()


def test_a_row_deleted_on_both_sides_between_two_flushes_takes_its_result_along() -> None:
    with TestDriver(to_out(*joined()), caching=True) as driver:
        driver.topic("l").pipe("k", "a")
        driver.topic("r").pipe("k", "b")
        driver.commit()
        driver.topic("l").pipe("k", None)
        driver.topic("r").pipe("k", None)
        driver.commit()
        assert driver.topic("out").values()[-2:] == ["ab", None]


def test_old_values_are_of_rows_that_did_meet() -> None:
    builder, table = joined("outer_join")
    sizes = table.group_by(lambda key, value: ("all", len(value)), Grouped(value=int))
    total = sizes.aggregate(lambda: 0, lambda _, n, so_far: so_far + n, lambda _, n, so_far: so_far - n, Materialized("total"))
    with TestDriver(to_out(builder, total), caching=True) as driver:
        driver.topic("l").pipe("k", "aaa")
        driver.topic("r").pipe("k", "b")
        driver.commit()
        driver.topic("l").pipe("k", "a")
        driver.topic("r").pipe("k", "bbbb")
        driver.commit()
        assert driver.topic("out").values()[-1] == len("abbbb")


def test_a_foreign_key_join_follows_both_sides_changing_between_two_flushes() -> None:
    builder = StreamsBuilder()
    left = builder.table("l", materialized=Materialized("left"))
    right = builder.table("r", materialized=Materialized("right"))
    table = left.join_on(right, lambda _, value: value[0], lambda one, other: f"{one}{other}")
    with TestDriver(to_out(builder, table), caching=True) as driver:
        driver.topic("l").pipe("k", "x1")
        driver.topic("r").pipe("x", "b")
        driver.commit()
        driver.topic("l").pipe("k", "x2")
        driver.topic("r").pipe("x", "c")
        driver.commit()
        driver.topic("l").pipe("k", None)
        driver.topic("r").pipe("x", None)
        driver.commit()
        values = driver.topic("out").values()
        assert "x2c" in values
        assert values[-1] is None
