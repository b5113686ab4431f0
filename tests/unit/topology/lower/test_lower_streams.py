"""Stream nodes of a plan as nodes of a topology."""

import pytest

from headrace.core.errors import TopologyError
from headrace.core.windows import NO_GRACE, HoppingWindows, SessionWindows, SlidingWindows, TumblingWindows, UnlimitedWindows
from headrace.formats import Int64, Json, String
from headrace.operators.hopping_aggregate import HoppingAggregate
from headrace.operators.key_filter import KeyFilter
from headrace.operators.pass_through import PassThrough
from headrace.operators.session_aggregate import SessionAggregate as SessionOperator
from headrace.operators.sliding_aggregate import SlidingAggregate
from headrace.operators.stream_aggregate import StreamAggregate as AggregateOperator
from headrace.operators.stream_reduce import StreamReduce
from headrace.operators.suppress import Suppress as SuppressOperator
from headrace.operators.tumbling_aggregate import TumblingAggregate
from headrace.operators.unlimited_aggregate import UnlimitedAggregate
from headrace.operators.views import SessionStoreView, StoreView, WindowStoreView
from headrace.plan.nodes.aggregate import (
    Aggregation,
    CogroupAggregate,
    CogroupInput,
    Reduction,
    SessionAggregate,
    StreamAggregate,
    WindowAggregate,
)
from headrace.plan.nodes.sink import Sink
from headrace.plan.nodes.source import Consume, GlobalStore, StateStore, StreamSource
from headrace.plan.nodes.stateless import Branch, Filter, Merge, Process, Repartition, Split
from headrace.plan.nodes.table import BufferBound, Suppress
from headrace.processor.api import Processor
from headrace.processor.timestamps import RecordTime
from headrace.state.spec import StoreKind, StoreSpec
from headrace.topology.lower.aggregate import (
    lower_cogroup_aggregate,
    lower_session_aggregate,
    lower_stream_aggregate,
    lower_window_aggregate,
)
from headrace.topology.lower.lowering import Lowering
from headrace.topology.lower.needs import TableNeeds
from headrace.topology.lower.process import lower_process
from headrace.topology.lower.sink import lower_sink
from headrace.topology.lower.source import lower_global_store, lower_state_store, lower_stream_source
from headrace.topology.lower.stateless import lower_branch, lower_filter, lower_merge, lower_repartition, lower_split
from headrace.topology.lower.suppress import lower_suppress

CONSUME = Consume(key_format=String(), value_format=Json())
STREAM = StreamSource(name="stream", topics=("input",), consume=CONSUME)
OTHER = StreamSource(name="other", topics=("other-input",), consume=CONSUME)
SUM = Reduction(reducer=lambda total, value: total + value)
COUNT = Aggregation(initializer=lambda: 0, aggregator=lambda k, v, n: n + 1)
COUNT_SESSIONS = Aggregation(initializer=lambda: 0, aggregator=lambda k, v, n: n + 1, merger=lambda k, a, b: a + b)


def spec(name="store", kind=StoreKind.TIMESTAMPED_KEY_VALUE):
    return StoreSpec(name=name, kind=kind, key_format=String(), value_format=Int64())


@pytest.fixture
def out():
    made = Lowering(TableNeeds(materialized=frozenset(), send_old=frozenset({"sends-old"})))
    lower_stream_source(STREAM, made)
    lower_stream_source(OTHER, made)
    return made


def test_split_and_its_branches(out):
    split = Split(name="split", parent=STREAM, predicates=(bool,), branch_names=("a", "b"), has_default=True)
    lower_split(split, out)
    for name in ("a", "b"):
        lower_branch(Branch(name=name, parent=split), out)
    topology = out.topology.build()
    assert topology.nodes["split"].operator.branches == ("a", "b")
    assert topology.children["split"] == ("a", "b")


def test_merge_has_both_streams_as_parents(out):
    lower_merge(Merge(name="merge", left=STREAM, right=OTHER), out)
    topology = out.topology.build()
    assert topology.nodes["merge"].parents == ("stream", "other")
    assert topology.children["stream"] == topology.children["other"] == ("merge",)


def test_sink_and_line_of_the_users_call(out):
    lower_filter(Filter(name="filter", parent=STREAM, predicate=bool, line="app.py:3"), out)
    sink = Sink(name="sink", parent=STREAM, topic="output", key_format=String(), value_format=Json(), line="app.py:4")
    lower_sink(sink, out)
    nodes = out.topology.build().nodes
    assert (nodes["filter"].line, nodes["sink"].line) == ("app.py:3", "app.py:4")
    assert (nodes["sink"].topic, nodes["sink"].internal) == ("output", False)


def repartition(**options):
    return Repartition(
        name="behind",
        parent=STREAM,
        topic="by-user",
        filter_name="with-key",
        sink_name="to-topic",
        key_format=String(),
        value_format=Json(),
        **options,
    )


def test_repartition_goes_through_an_internal_topic_without_null_keys(out):
    lower_repartition(repartition(partitions=4, explicit=True), out)
    topology = out.topology.build()
    assert isinstance(topology.nodes["with-key"].operator, KeyFilter)
    assert topology.nodes["to-topic"].parents == ("with-key",)
    assert topology.nodes["to-topic"].internal
    assert topology.nodes["behind"].internal
    assert topology.nodes["behind"].topics == ("by-user",)
    declared = topology.internal_topics["by-user"]
    assert (declared.partitions, declared.explicit) == (4, True)


def test_repartition_that_keeps_null_keys_lets_all_pass(out):
    lower_repartition(repartition(keep_null_keys=True), out)
    topology = out.topology.build()
    assert isinstance(topology.nodes["with-key"].operator, PassThrough)
    assert topology.nodes["to-topic"].parents == ("with-key",)


def test_source_behind_a_repartition_reads_everything_and_fails_on_what_it_cannot_read(out):
    lower_repartition(repartition(), out)
    consume = out.topology.build().nodes["behind"].consume
    assert consume.offset_reset == "earliest"
    assert consume.on_decode_error == "fail"
    assert consume.timestamp == RecordTime(on_invalid="fail")


class Forwarding(Processor):
    def process(self, record):
        self.context.forward(record)


class WithStore(Forwarding):
    stores = (spec("own"),)


def test_process_connects_named_stores_and_those_of_its_supplier(out):
    lower_state_store(StateStore(name="shared", store=spec("shared")), out)
    lower_process(Process(name="process", parent=STREAM, supplier=WithStore, stores=("shared",), fixed_key=True), out)
    topology = out.topology.build()
    assert set(topology.nodes["process"].stores) == {"own", "shared"}
    assert set(topology.stores) == {"own", "shared"}
    assert topology.nodes["process"].operator.fixed_key


def test_process_with_a_store_that_is_not_there_is_refused(out):
    with pytest.raises(TopologyError, match="missing"):
        lower_process(Process(name="process", parent=STREAM, supplier=Forwarding, stores=("missing",)), out)


def test_global_store_is_never_logged(out):
    node = GlobalStore(
        name="fill", source_name="read", topic="facts", consume=CONSUME, store=spec("facts"), supplier=Forwarding
    )
    lower_global_store(node, out)
    [made] = out.topology.build().global_stores
    assert (made.source.topics, made.processor.name, made.store.logging) == (("facts",), "fill", False)


@pytest.mark.parametrize(("aggregation", "operator"), [(SUM, StreamReduce), (COUNT, AggregateOperator)])
def test_stream_aggregate_with_its_store_and_view(out, aggregation, operator):
    node = StreamAggregate(name="sends-old", parent=STREAM, aggregation=aggregation, store=spec())
    lower_stream_aggregate(node, out)
    made = out.topology.build().nodes["sends-old"]
    assert isinstance(made.operator, operator)
    assert made.operator.send_old
    assert made.stores == ("store",)
    assert out.view(node) == StoreView("store")


def test_versioned_result_is_read_by_version(out):
    node = StreamAggregate(name="sum", parent=STREAM, aggregation=SUM, store=spec(kind=StoreKind.VERSIONED))
    lower_stream_aggregate(node, out)
    assert out.topology.build().nodes["sum"].operator.versioned
    assert out.view(node) == StoreView("store", versioned=True)


@pytest.mark.parametrize(
    ("windows", "operator"),
    [
        (TumblingWindows(10, NO_GRACE), TumblingAggregate),
        (HoppingWindows(10, 5, NO_GRACE), HoppingAggregate),
        (SlidingWindows(10, NO_GRACE), SlidingAggregate),
        (UnlimitedWindows(), UnlimitedAggregate),
    ],
)
def test_each_kind_of_window_has_its_operator(out, windows, operator):
    node = WindowAggregate(
        name="windowed",
        parent=STREAM,
        aggregation=SUM,
        windows=windows,
        emit_on_close=False,
        store=spec(kind=StoreKind.TIMESTAMPED_WINDOW),
    )
    lower_window_aggregate(node, out)
    made = out.topology.build().nodes["windowed"].operator
    assert isinstance(made, operator)
    assert made.aggregator("k", 3, made.aggregator("k", 2, made.initializer())) == 5
    assert out.view(node) == WindowStoreView("store")


@pytest.mark.parametrize(("windows", "cached"), [(SlidingWindows(10, NO_GRACE), False), (TumblingWindows(10, NO_GRACE), True)])
def test_sliding_windows_are_never_cached(out, windows, cached):
    store = StoreSpec(name="store", kind=StoreKind.TIMESTAMPED_WINDOW, key_format=String(), value_format=Int64(), caching=True)
    node = WindowAggregate(name="windowed", parent=STREAM, aggregation=SUM, windows=windows, emit_on_close=False, store=store)
    lower_window_aggregate(node, out)
    assert out.topology.build().stores["store"].caching is cached


def test_unlimited_windows_cannot_be_emitted_on_close(out):
    node = WindowAggregate(
        name="windowed",
        parent=STREAM,
        aggregation=SUM,
        windows=UnlimitedWindows(),
        emit_on_close=True,
        store=spec(kind=StoreKind.TIMESTAMPED_WINDOW),
    )
    with pytest.raises(TopologyError, match="never close"):
        lower_window_aggregate(node, out)


def session_node(aggregation):
    return SessionAggregate(
        name="sessions",
        parent=STREAM,
        aggregation=aggregation,
        windows=SessionWindows(5, NO_GRACE),
        emit_on_close=False,
        store=spec(kind=StoreKind.SESSION),
    )


@pytest.mark.parametrize("aggregation", [SUM, COUNT_SESSIONS])
def test_sessions_of_a_reduction_merge_by_its_reducer(out, aggregation):
    node = session_node(aggregation)
    lower_session_aggregate(node, out)
    made = out.topology.build().nodes["sessions"].operator
    assert isinstance(made, SessionOperator)
    assert made.merger("k", made.merger("k", made.initializer(), 2), 3) == 5
    assert out.view(node) == SessionStoreView("store")


def test_sessions_without_a_merger_are_refused(out):
    with pytest.raises(TopologyError, match="'sessions' have no merger"):
        lower_session_aggregate(session_node(COUNT), out)


@pytest.mark.parametrize(
    ("windows", "kind", "operator", "view"),
    [
        (None, StoreKind.TIMESTAMPED_KEY_VALUE, AggregateOperator, StoreView("store")),
        (TumblingWindows(5, NO_GRACE), StoreKind.TIMESTAMPED_WINDOW, TumblingAggregate, WindowStoreView("store")),
        (SessionWindows(5, NO_GRACE), StoreKind.SESSION, SessionOperator, SessionStoreView("store")),
    ],
)
def test_cogroup_has_one_operator_per_input_on_one_store_and_a_node_that_merges(out, windows, kind, operator, view):
    inputs = (
        CogroupInput(name="from-stream", parent=STREAM, aggregator=lambda k, v, n: n + v),
        CogroupInput(name="from-other", parent=OTHER, aggregator=lambda k, v, n: n - v),
    )
    node = CogroupAggregate(
        name="cogroup",
        inputs=inputs,
        initializer=lambda: 0,
        windows=windows,
        merger=lambda k, a, b: a + b,
        emit_on_close=False,
        store=spec(kind=kind),
    )
    lower_cogroup_aggregate(node, out)
    topology = out.topology.build()
    for name in ("from-stream", "from-other"):
        assert isinstance(topology.nodes[name].operator, operator)
        assert topology.nodes[name].stores == ("store",)
    assert isinstance(topology.nodes["cogroup"].operator, PassThrough)
    assert topology.nodes["cogroup"].parents == ("from-stream", "from-other")
    assert len(topology.subtopologies) == 1
    assert out.view(node) == view


@pytest.mark.parametrize(("until", "wait", "final"), [(None, 7, True), (100, 100, False)])
def test_suppress_waits_for_the_grace_or_for_its_time(out, until, wait, final):
    table = StreamAggregate(name="sum", parent=STREAM, aggregation=SUM, store=spec())
    lower_stream_aggregate(table, out)
    buffer = spec("buffer", StoreKind.SUPPRESS_BUFFER)
    node = Suppress(name="suppress", parent=table, until_ms=until, grace_ms=7, bound=BufferBound(max_records=3), store=buffer)
    lower_suppress(node, out)
    made = out.topology.build().nodes["suppress"]
    assert made.operator == SuppressOperator(store="buffer", wait_ms=wait, final=final, max_records=3)
    assert made.stores == ("buffer",)
    assert out.view(node).stores == ("buffer", "store")
