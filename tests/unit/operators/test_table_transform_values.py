import pytest

from headrace.core.errors import TopologyError
from headrace.core.records import Change, Record, ValueAndTimestamp
from headrace.operators.table_transform_values import TableTransformValues, TransformValuesView
from headrace.operators.views import StoreView
from headrace.processor.transformer import ValueTransformer


class Suffix(ValueTransformer):
    def transform(self, key, value):
        return f"{key}:{value}"


class Counting(ValueTransformer):
    """Numbers its calls in a store."""

    def init(self, context):
        self.counts = context.store("counts")

    def transform(self, key, _value):
        found = self.counts.get(key)
        count = 1 if found is None else found.value + 1
        self.counts.put(key, ValueAndTimestamp(count, 0))
        return count


def test_runs_for_tombstones_too(bench):
    bench.bind(TableTransformValues(Suffix)).pipe("a", Change(1), 3).pipe("a", Change(None), 4)
    assert bench.updates() == [("a", "a:1", 3), ("a", "a:None", 4)]


def test_old_values_are_transformed_where_nothing_is_kept(bench):
    bench.bind(TableTransformValues(Suffix, send_old=True)).pipe("a", Change(2, 1))
    assert bench.changes() == [("a", "a:2", "a:1")]


def test_old_values_come_from_the_store_where_there_is_one(bench):
    bench.open("store")
    bench.open("counts")
    bench.bind(TableTransformValues(Counting, store="store", send_old=True))
    bench.pipe("a", Change("x", "ignored")).pipe("a", Change("y", "ignored"))
    assert bench.changes() == [("a", 1, None), ("a", 2, 1)]


def test_each_task_has_a_transformer_of_its_own(bench):
    made = []

    class Noted(Suffix):
        def __init__(self):
            made.append(self)

    operator = TableTransformValues(Noted)
    operator.bind(bench)
    operator.bind(bench)
    assert len(made) == 2


def test_close_is_called_with_the_task(bench):
    closed = []

    class Closing(Suffix):
        def close(self):
            closed.append(self)

    bench.bind(TableTransformValues(Closing))
    for close in bench.closers:
        close()
    assert len(closed) == 1


def test_forward_is_refused(bench):
    class Forwarding(Suffix):
        def init(self, context):
            context.forward(Record("a", 1, 0))

    with pytest.raises(TopologyError, match="cannot forward"):
        bench.bind(TableTransformValues(Forwarding))


def test_supplier_of_something_else_is_refused(bench):
    with pytest.raises(TopologyError, match="no method 'transform'"):
        bench.bind(TableTransformValues(object))


def test_view_transforms_what_its_parent_has_and_what_it_has_not(bench):
    bench.open("store").put("a", 1, 5)
    view = TransformValuesView(StoreView("store"), Suffix, ("counts",))
    assert [view.bind(bench)(key) for key in "ab"] == [("a:1", 5), ("b:None", -1)]
    assert view.stores == ("store", "counts")
