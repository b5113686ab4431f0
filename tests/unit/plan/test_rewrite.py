"""Rebuilding plans."""

from dataclasses import replace

from headrace.formats import Json, String
from headrace.plan.graph import Plan
from headrace.plan.nodes.aggregate import CogroupAggregate, CogroupInput
from headrace.plan.nodes.join import StreamTableJoin
from headrace.plan.nodes.source import Consume, StreamSource, TableSource
from headrace.plan.nodes.stateless import Filter, Merge
from headrace.plan.rewrite import parents_of, rebuilt, record_parents
from headrace.state.spec import StoreKind, StoreSpec

CONSUME = Consume(key_format=String(), value_format=Json())
STORE = StoreSpec(name="s", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=Json())
ONE = StreamSource(name="one", topics=("one",), consume=CONSUME)
TWO = StreamSource(name="two", topics=("two",), consume=CONSUME)
KEPT = Filter(name="kept", parent=ONE, predicate=bool)
MERGED = Merge(name="merged", left=KEPT, right=TWO)


def renamed(node):
    return replace(node, name="new") if node.name == "one" else node


def test_nodes_below_a_changed_one_stand_on_the_new_one():
    one, _, kept, merged = rebuilt(Plan((ONE, TWO, KEPT, MERGED)), renamed).nodes
    assert one.name == "new"
    assert kept.parent is one
    assert merged.left is kept


def test_nodes_beside_a_changed_one_stay_the_same_objects():
    plan = rebuilt(Plan((ONE, TWO, KEPT, MERGED)), renamed)
    assert plan.nodes[1] is TWO
    assert rebuilt(Plan((ONE, TWO)), lambda node: node).nodes == (ONE, TWO)


def test_inputs_of_a_cogroup_are_rebuilt():
    inputs = (CogroupInput(name="i", parent=ONE, aggregator=max),)
    cogroup = CogroupAggregate(
        name="c", inputs=inputs, initializer=int, windows=None, merger=None, emit_on_close=False, store=STORE
    )
    one, rebuilt_cogroup = rebuilt(Plan((ONE, cogroup)), renamed).nodes
    assert rebuilt_cogroup.inputs[0].parent is one
    assert parents_of(cogroup) == (ONE,)


def test_records_come_from_the_stream_side_of_a_table_join():
    table = TableSource(name="t", source_name="ts", topic="t", consume=CONSUME, store=STORE, materialized=False)
    join = StreamTableJoin(name="j", stream=ONE, table=table, how="inner", joiner=max, with_key=False)
    assert parents_of(join) == (ONE, table)
    assert record_parents(join) == (ONE,)
    assert record_parents(MERGED) == (KEPT, TWO)
