"""Functions and options that do not fit are refused where they are given."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable

import pytest

from headrace.core.errors import TopologyError
from headrace.core.windows import JoinWindows, SessionWindows, TumblingWindows
from headrace.dsl import Branched, Consumed, Grouped, Materialized, Produced, StreamJoined
from headrace.plan.nodes.join import StreamStreamJoin
from headrace.processor.api import Processor

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
    "topic": lambda p: p.stream("a").to(two),
    "partitioner": lambda p: p.stream("a").to("b", Produced(partitioner=three)),
    "timestamp": lambda p: p.stream("a", Consumed(timestamp=one)),
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


async def looked_up(value):
    return value


async def looked_up_both(key, value):
    return value


async def several(value):
    yield value


class Remote:
    async def __call__(self, key, value):
        return value

    async def method(self, value):
        return value


class AsyncProcessor(Processor[str, str, str, str]):
    async def process(self, record):  # type: ignore[override]
        self.context.forward(record)


ASYNC = {
    "filter": (lambda p: p.stream("a").filter(looked_up_both), "looked_up_both", "use filter_async, or write `def`"),
    "filter object": (lambda p: p.stream("a").filter(Remote()), "Remote", "use filter_async"),
    "map_values": (lambda p: p.stream("a").map_values(looked_up), "looked_up", "use map_values_async"),
    "bound method": (lambda p: p.stream("a").map_values(Remote().method), "Remote.method", "use map_values_async"),
    "partial": (
        lambda p: p.stream("a").map_values(functools.partial(looked_up_both, "k")),
        "looked_up_both",
        "use map_values_async",
    ),
    "flat_map_values": (lambda p: p.stream("a").flat_map_values(several), "several", "use flat_map_values_async"),
    "foreach": (lambda p: p.stream("a").foreach(looked_up_both), "looked_up_both", "use foreach_async"),
    "peek": (lambda p: p.stream("a").peek(looked_up_both), "looked_up_both", "in a step of their own before this one"),
    "map": (lambda p: p.stream("a").map(looked_up_both), "looked_up_both", "in a step of their own before this one"),
    "with key": (lambda p: p.stream("a").map_values_with_key(looked_up_both), "looked_up_both", "in a step of their own"),
    "table": (lambda p: p.table("t").map_values(looked_up), "looked_up", "in a step of their own"),
    "reducer": (lambda p: p.stream("a").group_by_key().reduce(looked_up_both), "looked_up_both", "in a step of their own"),
    "joiner": (
        lambda p: p.stream("a").join(p.stream("b"), looked_up_both, WINDOWS),
        "looked_up_both",
        "in a step of their own",
    ),
    "timestamp": (lambda p: p.stream("a", Consumed(timestamp=looked_up_both)), "looked_up_both", "in a step of their own"),
    "processor": (lambda p: p.stream("a").process(AsyncProcessor), "AsyncProcessor.process", "in a step of their own"),
}


@pytest.mark.parametrize(("build", "name", "hint"), ASYNC.values(), ids=ASYNC.keys())
def test_an_async_function_in_a_plain_step_is_refused_with_the_step_that_takes_it(program: Program, build, name, hint) -> None:
    with pytest.raises(TopologyError, match=r"made at .*test_callables\.py:\d+, is called as a plain function, and") as caught:
        build(program)
    assert name in caught.value.message
    assert hint in str(caught.value.hint)


PLAIN = {
    "map_values_async": (lambda p: p.stream("a").map_values_async(one), "map_values"),
    "built-in": (lambda p: p.stream("a").map_values_async(len), "map_values"),
    "method of a built-in": (lambda p: p.stream("a").map_values_async(str.upper), "map_values"),
    "partial": (lambda p: p.stream("a").map_values_async(functools.partial(two, "k")), "map_values"),
    "object": (lambda p: p.stream("a").filter_async(Callable()), "filter"),
    "class": (lambda p: p.stream("a").map_values_async(Only), "map_values"),
    "flat_map_values_async": (lambda p: p.stream("a").flat_map_values_async(one), "flat_map_values"),
    "foreach_async": (lambda p: p.stream("a").foreach_async(two), "foreach"),
}


class Only:
    def __init__(self, value: object) -> None:
        self.value = value


@pytest.mark.parametrize(("build", "method"), PLAIN.values(), ids=PLAIN.keys())
def test_a_plain_function_in_an_async_step_is_refused_with_the_step_that_takes_it(program: Program, build, method) -> None:
    expected = rf"made at .*test_callables\.py:\d+, has to be an async function.*\n  hint: write `async def`, or use {method}$"
    with pytest.raises(TopologyError, match=expected):
        build(program)


def test_an_async_generator_in_an_async_step_is_refused(program: Program) -> None:
    with pytest.raises(TopologyError, match=r"is an async generator, several\n  hint: return a list"):
        program.stream("a").flat_map_values_async(several)


def test_functions_that_may_return_an_awaitable_are_believed(program: Program) -> None:
    def awaitable(value: str) -> Awaitable[str]:
        return looked_up(value)

    @functools.wraps(looked_up)
    def decorated(value):
        return looked_up(value)

    late = lambda value: looked_up(value or 1)  # noqa: E731
    for function in (late, awaitable, decorated, functools.partial(Remote(), "k"), Remote().method):
        program.stream("a").map_values_async(function)


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
