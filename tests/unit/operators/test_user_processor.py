import pytest

from headrace.core.errors import TopologyError, UnknownStoreError
from headrace.core.records import Record
from headrace.operators.user_processor import UserProcessor
from headrace.processor.api import Processor, PunctuationType


class Double(Processor):
    def process(self, record):
        self.context.forward(record.with_value(record.value * 2))


class ToChild(Processor):
    def process(self, record):
        self.context.forward(record, to=record.value)


class NewKey(Processor):
    def process(self, record):
        self.context.forward(record.with_key("other"))


class Ticking(Processor):
    def init(self, context):
        super().init(context)
        context.schedule("5s", PunctuationType.WALL_CLOCK_TIME, self.tick)

    def process(self, record):
        pass

    def tick(self, now):
        self.context.forward(Record("tick", now, now))


def test_forwards_to_all_children(bench):
    bench.bind(UserProcessor(Double)).pipe("k", 4, 7, (("h", None),))
    assert bench.take() == [("", "k", 8, 7, (("h", None),))]


def test_forwards_to_a_named_child(bench):
    bench.with_children("left", "right").bind(UserProcessor(ToChild)).pipe("k", "right")
    assert [child for child, *_ in bench.take()] == ["right"]


def test_unknown_child_names_those_there_are(bench):
    bench.with_children("left", "right").bind(UserProcessor(ToChild))
    with pytest.raises(TopologyError, match=r"forwards to 'middle'.*\n.*left, right"):
        bench.pipe("k", "middle")


def test_fixed_key_processor_cannot_change_the_key(bench):
    bench.bind(UserProcessor(NewKey, fixed_key=True)).pipe("k", 1)
    assert bench.records() == [("k", 1, 0)]


def test_fixed_key_processor_gives_a_key_within_a_punctuation(bench):
    bench.bind(UserProcessor(Ticking, fixed_key=True)).pipe("k", 1)
    [(interval, kind, tick)] = bench.schedules
    assert (interval, kind) == (5000, "wall_clock")
    tick(5000)
    assert bench.records() == [("tick", 5000, 5000)]


def test_each_task_gets_a_processor_of_its_own(bench):
    made = []

    def supplier():
        made.append(Double())
        return made[-1]

    operator = UserProcessor(supplier)
    made.clear()
    bench.bind(operator)
    bench.bind(operator)
    assert len(made) == 2


def test_supplier_that_returns_the_same_object_is_refused():
    shared = Double()
    with pytest.raises(TopologyError, match="returns the same processor each time"):
        UserProcessor(lambda: shared)


def test_supplier_of_something_else_is_refused_by_name(bench):
    with pytest.raises(TopologyError, match=r"'node'.*no method 'process'"):
        bench.bind(UserProcessor(object))


def test_schedule_of_less_than_a_millisecond_is_refused(bench):
    class Busy(Ticking):
        def init(self, context):
            context.schedule(0, PunctuationType.STREAM_TIME, self.tick)

    with pytest.raises(TopologyError, match="at least 1 ms"):
        bench.bind(UserProcessor(Busy))


def test_store_is_the_one_processors_see(bench):
    class Count(Processor):
        def process(self, record):
            counts = self.context.store("counts")
            found = counts.get(record.key)
            self.context.forward(record.with_value(found and found.value))

    bench.open("counts").put("k", 3, 9)
    bench.bind(UserProcessor(Count)).pipe("k", None)
    assert bench.records() == [("k", 3, 0)]


def test_store_that_is_not_connected_is_refused(bench):
    class Reading(Processor):
        def init(self, context):
            context.store("missing")

    with pytest.raises(UnknownStoreError):
        bench.bind(UserProcessor(Reading))


def test_close_is_called_with_the_task(bench):
    closed = []

    class Closing(Double):
        def close(self):
            closed.append(self)

    bench.bind(UserProcessor(Closing))
    for callback in bench.closers:
        callback()
    assert len(closed) == 1


def test_context_passes_on_what_the_task_offers(bench):
    seen = {}

    class Asking(Processor):
        def process(self, record):
            context = self.context
            seen.update(
                metadata=context.record_metadata(),
                stream_time=context.current_stream_time_ms(),
                wall=context.current_system_time_ms(),
                task=context.task_id,
                application=context.application_id,
                directory=context.state_dir,
                option=context.option("emit_interval_ms"),
            )
            context.commit()
            context.count("seen")

    bench.task_time = 17
    bench.clock.advance(42)
    bench.bind(UserProcessor(Asking)).pipe("k", 1)
    assert seen == {
        "metadata": bench.metadata,
        "stream_time": 17,
        "wall": 42,
        "task": bench.task_id,
        "application": "app",
        "directory": bench.state_dir,
        "option": 0,
    }
    assert (bench.commits, bench.counted) == (1, [("seen", 1.0)])
