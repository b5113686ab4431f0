"""Functions and options that do not fit are refused where they are given."""

from __future__ import annotations

import functools
import inspect

import pytest

from headrace.core.errors import TopologyError
from headrace.core.windows import JoinWindows, SessionWindows, TumblingWindows
from headrace.dsl import Branched, Grouped, Materialized, Produced, StreamJoined
from headrace.plan.nodes.join import StreamStreamJoin

from .conftest import Program

WINDOWS = JoinWindows.within(10, grace=1)


def one(value):
    return value


def two(key, value):
    return value


def three(key, value, aggregate):
    return aggregate


WRONG = {
    "predicate": lambda p: p.stream("a").filter(one),
    "mapper": lambda p: p.stream("a").map(one),
    "value mapper": lambda p: p.stream("a").map_values(two),
    "value mapper with key": lambda p: p.stream("a").map_values_with_key(one),
    "flat mapper": lambda p: p.stream("a").flat_map_values(two),
    "key selector": lambda p: p.stream("a").select_key(one),
    "action": lambda p: p.stream("a").foreach(one),
    "branch": lambda p: p.stream("a").split().branch(one).no_default_branch(),
    "async": lambda p: p.stream("a").map_values_async(two),
    "supplier": lambda p: p.stream("a").process(one),
    "reducer": lambda p: p.stream("a").group_by_key().reduce(three),
    "aggregator": lambda p: p.stream("a").group_by_key().aggregate(int, two),
    "initializer": lambda p: p.stream("a").group_by_key().aggregate(one, three),
    "merger": lambda p: p.stream("a").group_by_key().windowed_by(SessionWindows(1, grace=0)).aggregate(int, three, two),
    "cogroup": lambda p: p.stream("a").group_by_key().cogroup(two).aggregate(int),
    "table predicate": lambda p: p.table("t").filter(one),
    "table selector": lambda p: p.table("t").group_by(one),
    "subtractor": lambda p: p.table("t").group_by(two).aggregate(int, three, two),
    "stream joiner": lambda p: p.stream("a").join(p.stream("b"), three, WINDOWS),
    "stream joiner with key": lambda p: p.stream("a").join_with_key(p.stream("b"), two, WINDOWS),
    "global selector": lambda p: p.stream("a").join(p.global_table("g"), two, key=one),
    "foreign key": lambda p: p.table("t").join_on(p.table("u"), one, two),
}


@pytest.mark.parametrize("build", WRONG.values(), ids=WRONG.keys())
def test_a_function_with_other_arguments_is_refused_with_its_name(program: Program, build) -> None:
    with pytest.raises(
        TopologyError, match=r"made at .*test_callables\.py:\d+, is called with \(.*\), not as (one|two|three) "
    ):
        build(program)


def test_something_that_is_no_function_is_refused(program: Program) -> None:
    with pytest.raises(TopologyError, match=r"the predicate of step 'a-filter'.* is 'x', which cannot be called"):
        program.stream("a").filter("x")  # type: ignore[arg-type]


def test_the_hint_names_the_method_with_a_key(program: Program) -> None:
    with pytest.raises(TopologyError, match="hint: the method that ends with _with_key"):
        program.stream("a").map_values(lambda key, value: value)  # type: ignore[misc, arg-type]


class Callable:
    def __call__(self, key: object, value: object) -> bool:
        return True

    def method(self, key: object, value: object) -> bool:
        return True


@pytest.mark.parametrize(
    "function",
    [Callable(), Callable().method, functools.partial(three, "first"), max, lambda *both: True, lambda k, v, more=1: True],
)
def test_all_kinds_of_callables_fit(program: Program, function) -> None:
    program.stream("a").filter(function)


def test_built_in_functions_that_do_not_tell_are_believed(program: Program) -> None:
    with pytest.raises(ValueError, match="no signature"):
        inspect.signature(int)
    program.stream("a").map_values(int)


MISPLACED = {
    "Materialized": lambda p: p.stream("a").group_by_key().count(Grouped(name="g")),
    "Grouped": lambda p: p.stream("a").group_by_key(Materialized("m")),
    "Produced": lambda p: p.stream("a").to("b", Materialized("m")),
    "StreamJoined": lambda p: p.stream("a").join(p.stream("b"), two, WINDOWS, Produced()),
    "Consumed": lambda p: p.stream("a", Produced()),
    "Branched": lambda p: p.stream("a").split().branch(two, "name"),
    "Repartitioned": lambda p: p.stream("a").repartition(3),
    "Joined": lambda p: p.stream("a").join(p.table("t"), two, StreamJoined()),
    "TableJoined": lambda p: p.table("t").join_on(p.table("u"), two, two, "name"),
}


@pytest.mark.parametrize(("kind", "build"), MISPLACED.items(), ids=MISPLACED.keys())
def test_an_option_of_another_kind_is_refused(program: Program, kind, build) -> None:
    with pytest.raises(TopologyError, match=rf"^{kind}\(\.\.\.\) was expected at .*test_callables\.py:\d+"):
        build(program)


def test_a_name_in_the_place_of_an_option_gets_a_hint(program: Program) -> None:
    with pytest.raises(TopologyError, match=r'write Materialized\(name="counts"\) or name="counts"'):
        program.stream("a").group_by_key().count("counts")  # type: ignore[arg-type]
    with pytest.raises(TopologyError, match="Materialized"):
        program.table("t").filter(two, "kept")  # type: ignore[arg-type]
    with pytest.raises(TopologyError, match="Materialized"):
        program.table("u").join(program.table("v"), two, "kept")  # type: ignore[arg-type]


def test_windows_of_another_kind_are_refused(program: Program) -> None:
    with pytest.raises(TopologyError, match=r"takes JoinWindows, got TumblingWindows"):
        program.stream("a").join(program.stream("b"), two, TumblingWindows(1, grace=0))  # type: ignore[call-overload]
    with pytest.raises(TopologyError, match=r"windowed_by at .*test_callables\.py:\d+ got JoinWindows"):
        program.stream("a").group_by_key().windowed_by(WINDOWS)  # type: ignore[call-overload]
    with pytest.raises(TopologyError, match=r"windowed_by at"):
        program.stream("a").group_by_key().cogroup(three).windowed_by("1m")  # type: ignore[call-overload]


def test_stores_of_a_join_can_be_named_one_by_one(program: Program) -> None:
    named = StreamJoined(store_name=("l", "r"))
    program.stream("a").left_join(program.stream("b"), two, WINDOWS, named)
    join = program.the(StreamStreamJoin)
    assert (join.left_store.name, join.right_store.name) == ("l", "r")
    assert join.outer_store is not None
    assert join.outer_store.name == "l-left-shared-join-store"


def test_a_branch_option_carries_its_parts() -> None:
    branched = Branched("name", consumer=print)
    assert (branched.name, branched.consumer, branched.function) == ("name", print, None)
