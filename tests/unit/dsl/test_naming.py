"""Stable names, given names, names that clash, and strict names."""

from __future__ import annotations

import pytest

from headrace.core.errors import TopologyError
from headrace.core.windows import JoinWindows, TumblingWindows
from headrace.dsl import (
    BufferConfig,
    Consumed,
    Grouped,
    Joined,
    Materialized,
    Repartitioned,
    StreamJoined,
    StreamsBuilder,
    Suppressed,
    TableJoined,
)
from headrace.plan.nodes.aggregate import StreamAggregate
from headrace.plan.nodes.stateless import Repartition

from .conftest import Program

WINDOWS = JoinWindows.within("5m", grace="1s")


def test_names_derive_from_the_parent_and_the_kind_of_step(program: Program) -> None:
    program.stream("clicks").filter(bool).map_values(str).select_key(max).to("out")
    assert program.names() == [
        "clicks",
        "clicks-filter",
        "clicks-filter-map-values",
        "clicks-filter-map-values-select-key",
        "clicks-filter-map-values-select-key-to-out",
    ]


def test_a_given_name_begins_the_names_below_it(program: Program) -> None:
    program.stream("clicks").filter(bool, name="people").map_values(str).to("out")
    assert program.names() == ["clicks", "people", "people-map-values", "people-map-values-to-out"]


def test_like_named_siblings_are_numbered_from_the_second_on(program: Program) -> None:
    clicks = program.stream("clicks")
    assert [clicks.filter(bool).name for _ in range(3)] == ["clicks-filter", "clicks-filter-2", "clicks-filter-3"]


def test_an_unrelated_step_changes_no_name() -> None:
    def names(*, more: bool) -> set[str]:
        program = Program()
        clicks = program.stream("clicks")
        if more:
            clicks.peek(print).map_values(str).group_by_key().count()
            program.table("users").to_stream()
        clicks.filter(bool).group_by(max).count().to_stream().to("counts")
        return set(program.names())

    assert names(more=False) < names(more=True)


def test_store_and_repartition_topic_are_called_after_the_step(program: Program) -> None:
    program.stream("clicks").group_by(max).count(name="per-page")
    assert program.the(StreamAggregate).store.name == "per-page"
    assert program.the(Repartition).topic == "per-page-repartition"


def test_a_very_long_name_is_cut_and_stays_different(program: Program) -> None:
    stream, other = program.stream("clicks"), program.stream("views")
    for _ in range(30):
        stream, other = stream.map_values(str), other.map_values(str)
    assert len(stream.name) <= 160
    assert stream.name != other.name
    program.build()


def test_an_illegal_name_is_refused_where_it_is_given() -> None:
    with pytest.raises(TopologyError, match="no legal store name"):
        Materialized("my store")
    with pytest.raises(TopologyError, match="no legal topic name"):
        Grouped(name="a/b")
    with pytest.raises(TopologyError, match="no legal step name"):
        TableJoined(name="")


def test_a_name_given_twice_is_refused_with_both_places(program: Program) -> None:
    clicks = program.stream("clicks")
    clicks.filter(bool, name="mine")
    with pytest.raises(TopologyError, match=r"step 'mine'.*test_naming\.py:\d+.*test_naming\.py:\d+"):
        clicks.map_values(str, name="mine")


def test_a_derived_name_gives_way_to_a_given_one(program: Program) -> None:
    clicks = program.stream("clicks")
    clicks.peek(print, name="clicks-filter")
    assert clicks.filter(bool).name == "clicks-filter-2"


def test_a_store_name_given_twice_is_refused(program: Program) -> None:
    grouped = program.stream("clicks").group_by_key()
    grouped.count(Materialized("mine"))
    with pytest.raises(TopologyError, match="store 'mine'"):
        grouped.count(Materialized("mine"))


def test_a_repartition_topic_named_twice_is_refused(program: Program) -> None:
    clicks = program.stream("clicks")
    clicks.repartition(Repartitioned(name="mine"))
    with pytest.raises(TopologyError, match="repartition topic 'mine-repartition'"):
        clicks.repartition(Repartitioned(name="mine"))


def test_an_unknown_naming_is_refused() -> None:
    with pytest.raises(TopologyError, match="naming='java'"):
        StreamsBuilder(naming="java")  # type: ignore[arg-type]


UNNAMED = {
    "count": lambda b: b.stream("a").group_by_key().count(),
    "described count": lambda b: b.stream("a").group_by_key().count(Materialized(caching=False)),
    "regrouped under a named store": lambda b: b.stream("a").join(b.stream("b"), max, WINDOWS),
    "rekeyed join with a table": lambda b: b.stream("a").select_key(max).join(b.table("t"), max),
    "explicit repartition": lambda b: b.stream("a").repartition(),
    "to_table": lambda b: b.stream("a").to_table(),
    "windowed count": lambda b: b.stream("a").group_by_key().windowed_by(TumblingWindows(5, grace=0)).count(),
    "grouped table": lambda b: b.table("t").group_by(lambda k, v: (k, v)).count(),
    "cogroup": lambda b: b.stream("a").group_by_key().cogroup(lambda k, v, g: g).aggregate(int),
    "kept table join": lambda b: b.table("t").join(b.table("u"), max, Materialized()),
    "foreign-key join": lambda b: b.table("t").join_on(b.table("u"), max, max),
    "suppress": lambda b: b.table("t").suppress(Suppressed.until_time_limit(5, BufferConfig.unbounded())),
    "join with grace": lambda b: b.stream("a").join(
        b.table("t", Consumed(), Materialized("v", history=10)), max, Joined(grace=5)
    ),
}

NAMED = {
    "count": lambda b: b.stream("a").group_by_key().count(name="n"),
    "count by its store": lambda b: b.stream("a").group_by(max).count(Materialized("n")),
    "stream join": lambda b: b.stream("a").select_key(max).join(b.stream("b"), max, WINDOWS, StreamJoined(name="n")),
    "rekeyed join with a table": lambda b: b.stream("a").select_key(max).join(b.table("t"), max, Joined(name="n")),
    "explicit repartition": lambda b: b.stream("a").repartition(Repartitioned(name="n")),
    "to_table": lambda b: b.stream("a").select_key(max).to_table(name="n"),
    "grouped table": lambda b: b.table("t").group_by(lambda k, v: (k, v)).count(name="n"),
    "foreign-key join": lambda b: b.table("t").join_on(b.table("u"), max, max, TableJoined(name="n")),
    "table": lambda b: b.table("t").filter(bool).to_stream().to("out"),
    "suppress": lambda b: b.table("t").suppress(Suppressed.until_time_limit(5, BufferConfig.unbounded(), name="n")),
}


@pytest.mark.parametrize("build", UNNAMED.values(), ids=UNNAMED.keys())
def test_strict_names_refuse_state_and_topics_without_a_name(build) -> None:
    with pytest.raises(TopologyError, match=r"made at .*test_naming\.py:\d+, has no name of its own"):
        build(StreamsBuilder(strict_names=True))


@pytest.mark.parametrize("build", NAMED.values(), ids=NAMED.keys())
def test_strict_names_accept_what_has_a_name(build) -> None:
    builder = StreamsBuilder(strict_names=True)
    build(builder)
    builder.build()


def test_strict_names_with_counters_want_the_stores_name() -> None:
    strict = StreamsBuilder(naming="kafka-streams", strict_names=True)
    strict.stream("a").group_by_key().count(Materialized("n"))
    with pytest.raises(TopologyError, match="has no name of its own"):
        strict.stream("a").group_by_key().count(name="only-the-step")
