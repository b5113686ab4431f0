import pytest

from headrace import Int64, Processor, PunctuationType, Record, RecordMetadata, StoreKind, StoreSpec, String, TaskId
from headrace.core.errors import TopologyError, UnknownStoreError
from headrace.testing import MockProcessorContext

COUNTS = StoreSpec(name="counts", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=Int64())
WINDOWS = StoreSpec(
    name="windows",
    kind=StoreKind.WINDOW,
    key_format=String(),
    value_format=Int64(),
    window_size_ms=10,
    retention_ms=100,
)


class Counting(Processor[str, str, str, int]):
    """Counts words, forwards its store every minute, and asks for a commit at a full stop."""

    def init(self, context):
        super().init(context)
        self.counts = context.store("counts")
        self.flushing = context.schedule("1m", PunctuationType.STREAM_TIME, self.flush)

    def process(self, record):
        if record.value == ".":
            self.context.commit()
            self.flushing.cancel()
            return
        self.counts.put(record.value, (self.counts.get(record.value) or 0) + 1)
        self.context.count("words")

    def flush(self, now):
        self.where = self.context.record_metadata()
        for word, count in self.counts.all():
            self.context.forward(Record(word, count, now))


def test_runs_a_processor_with_store_schedule_and_commit():
    with MockProcessorContext(stores=[COUNTS]) as context:
        processor = Counting()
        processor.init(context)
        for word in ("a", "b", "a"):
            processor.process(Record("k", word, 0))
        (schedule,) = context.schedules
        schedule.run(60_000)
        processor.process(Record("k", ".", 0))

        assert (schedule.interval_ms, schedule.kind) == (60_000, PunctuationType.STREAM_TIME)
        assert context.take() == [Record("a", 2, 60_000), Record("b", 1, 60_000)]
        assert context.counts == {"words": 3}
        assert (context.commits, schedule.cancelled) == (1, True)


def test_within_a_punctuation_there_is_no_metadata():
    with MockProcessorContext(stores=[COUNTS]) as context:
        processor = Counting()
        processor.init(context)
        context.metadata = RecordMetadata("topic", 1, 5)
        context.schedules[0].run(0)

        assert processor.where is None
        assert context.record_metadata() == RecordMetadata("topic", 1, 5)


def test_a_cancelled_schedule_does_not_run():
    with MockProcessorContext() as context:
        schedule = context.schedule(5, PunctuationType.WALL_CLOCK_TIME, lambda _now: None)
        schedule.cancel()

        with pytest.raises(TopologyError, match="is cancelled"):
            schedule.run(0)


def test_an_interval_below_a_millisecond_is_refused():
    with MockProcessorContext() as context, pytest.raises(TopologyError, match="at least 1 ms"):
        context.schedule(0, PunctuationType.WALL_CLOCK_TIME, lambda _now: None)


def test_notes_which_child_a_record_was_for():
    with MockProcessorContext(children=["left", "right"]) as context:
        everywhere, left = Record("a", 1, 0), Record("b", 2, 0)
        context.forward(everywhere)
        context.forward(left, to="left")

        assert context.forwarded == [(everywhere, None), (left, "left")]
        assert context.records("left") == [everywhere, left]
        assert context.records("right") == [everywhere]
        with pytest.raises(TopologyError, match=r"(?s)forwards to 'up'.*its children are: left, right"):
            context.forward(left, to="up")


def test_taking_records_forgets_them():
    with MockProcessorContext() as context:
        context.forward(Record("a", 1, 0))

        assert len(context.take()) == 1
        assert context.take() == []


def test_stores_of_each_kind_are_real():
    with MockProcessorContext() as context:
        windows = context.add_store(WINDOWS)
        windows.put("a", 1, 0)
        windows.put("a", 2, 200)

        assert context.store("windows").fetch("a", 200) == 2
        assert windows.fetch("a", 0) is None  # out of retention


def test_an_unknown_store_is_told_with_those_there_are():
    with MockProcessorContext(stores=[COUNTS]) as context, pytest.raises(UnknownStoreError, match="'nix'; it has 'counts'"):
        context.store("nix")


def test_clocks_options_and_names_are_what_the_test_sets():
    with MockProcessorContext(options={"limit": 3}, task_id=TaskId(1, 2), application_id="app", system_time_ms=5) as context:
        assert context.current_stream_time_ms() == -1
        context.stream_time_ms, context.system_time_ms = 7, 9

        assert (context.current_stream_time_ms(), context.current_system_time_ms()) == (7, 9)
        assert (context.option("limit"), context.task_id, context.application_id) == (3, TaskId(1, 2), "app")
        assert context.state_dir.is_dir()
    assert not context.state_dir.exists()
