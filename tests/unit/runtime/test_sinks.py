"""Sinks: partitions, headers, bytes that are passed through, and results that do not fit."""

from collections.abc import Iterable
from typing import Any

import pytest

from headrace import Int64, Json, String, TopicPartition, TopologyError, Windowed, WindowedFormat
from headrace.core.errors import EncodeError
from headrace.core.hashing import partition_for
from headrace.operators.base import RowFn
from headrace.runtime.tasks.batch import DecodedBatch
from headrace.runtime.tasks.current import CurrentRecord
from headrace.runtime.tasks.output import OutputBuffer
from headrace.runtime.tasks.sinks import SinkCompiler
from headrace.topology.physical import SinkNode
from support.record_queues import batch


class Out:
    """A sink's row, and what it has written."""

    def __init__(
        self,
        topic: Any = "out",
        *,
        partitions: int = 4,
        home: int = 2,
        passes_value: bool = False,
        internal: bool = False,
        latest: int | None = None,
        **node: Any,
    ) -> None:
        self.output = OutputBuffer(lambda: 0)
        self.current = CurrentRecord()
        self.refused: list[tuple[str, EncodeError]] = []
        self.counted: list[str] = []

        def count(name: str) -> int:
            self.counted.append(name)
            return partitions

        compiler = SinkCompiler(
            self.output,
            self.current,
            lambda base: f"app-{base}",
            count,
            home,
            lambda *failed: self.refused.append(failed),
            lambda _: None if latest is None else lambda: latest,
        )
        formats = {"key_format": String(), "value_format": Json()}
        sink = SinkNode(name="sink", topic=topic, parents=(), internal=internal, **formats | node)
        self.row: RowFn = compiler.row(sink, passes_value=passes_value)

    def written(self) -> dict[tuple[str, int], list[tuple[Any, ...]]]:
        found = {}
        for where, columns in self.output.drain().items():
            headers = columns.headers or [()] * len(columns)
            found[tuple(where)] = list(zip(columns.keys, columns.values, columns.timestamps, headers, strict=True))
        return found


def test_keys_go_to_the_partition_that_java_s_producer_chooses() -> None:
    out = Out()
    for key in "abcdefgh":
        out.row(key, 1, 5, ())
    for (_, partition), records in out.written().items():
        assert {partition_for(key, 4) for key, *_ in records} == {partition}


def test_a_record_without_a_key_goes_to_the_task_s_own_partition() -> None:
    out = Out(home=6)
    out.row(None, 1, 5, ())
    assert out.written() == {("out", 2): [(None, b"1", 5, ())]}


def test_a_null_value_is_a_tombstone() -> None:
    out = Out(partitions=1)
    out.row("a", None, 5, ())
    assert out.written() == {("out", 0): [(b"a", None, 5, ())]}


def test_a_window_goes_where_its_inner_key_goes() -> None:
    out = Out(key_format=WindowedFormat(String(), size=10))
    for start in range(0, 100, 10):
        out.row(Windowed("a", start, start + 10), 1, 5, ())
    assert {partition for _, partition in out.written()} == {partition_for(b"a", 4)}


def test_headers_are_written_as_they_came_and_only_where_there_are_any() -> None:
    out = Out(partitions=1)
    out.row("a", 1, 5, ())
    out.row("a", 2, 6, (("h", b"x"), ("h", None)))
    out.row("a", 3, 7, ())
    assert [headers for *_, headers in out.written()["out", 0]] == [(), (("h", b"x"), ("h", None)), ()]


def test_the_value_is_encoded_at_once_so_that_later_changes_do_no_harm() -> None:
    out = Out(partitions=1)
    value = {"n": 1}
    out.row("a", value, 5, ())
    value["n"] = 2
    assert out.written()["out", 0][0][1] == b'{"n":1}'


def test_bytes_that_were_read_are_passed_through() -> None:
    out = Out(partitions=1, passes_value=True)
    out.current.raw_value = b'{ "n" : 1 }'
    out.row("a", {"n": 1}, 5, (("h", b"x"),))
    assert out.written()["out", 0] == [(b"a", b'{ "n" : 1 }', 5, (("h", b"x"),))]


def test_an_internal_sink_writes_to_the_topic_of_the_application() -> None:
    out = Out("counts-repartition", internal=True, partitions=1)
    out.row("a", 1, 5, ())
    assert list(out.written()) == [("app-counts-repartition", 0)]


@pytest.mark.parametrize(
    ("answer", "partitions"), [(3, [3]), ([0, 2], [0, 2]), ({1}, [1]), ([], []), (None, [partition_for(b"a", 4)])]
)
def test_a_partitioner_names_one_partition_several_or_leaves_it_to_the_default(
    answer: int | Iterable[int] | None, partitions: list[int]
) -> None:
    asked: list[tuple[Any, ...]] = []

    def choose(*arguments: Any) -> Any:
        asked.append(arguments)
        return answer

    out = Out(partitioner=choose)
    out.row("a", 1, 5, ())
    assert sorted(partition for _, partition in out.written()) == partitions
    assert asked == [("out", "a", 1, 4)]


@pytest.mark.parametrize("answer", [4, -1, [0, 9]])
def test_a_partition_that_is_not_there_is_refused(answer: Any) -> None:
    with pytest.raises(TopologyError, match="the partitioner of sink 'sink' chose partition"):
        Out(partitioner=lambda *_: answer).row("a", 1, 5, ())


def test_a_topic_named_per_record_is_looked_up_once() -> None:
    out = Out(lambda key, value, metadata: f"to-{key}", partitions=1)
    for key in "aba":
        out.row(key, 1, 5, ())
    assert {topic: len(records) for (topic, _), records in out.written().items()} == {"to-a": 2, "to-b": 1}
    assert out.counted == ["to-a", "to-b"]


def test_a_function_that_names_topics_sees_where_the_record_comes_from() -> None:
    seen: list[Any] = []

    def name(_key: Any, _value: Any, metadata: Any) -> str:
        seen.append(metadata)
        return "t"

    out = Out(name, partitions=1)
    out.current.partition, out.current.batch = TopicPartition("in", 0), decoded()
    out.row("a", 1, 5, ())
    assert (seen[0].topic, seen[0].partition, seen[0].offset) == ("in", 0, 0)


def decoded() -> DecodedBatch:
    raw = batch([b"1"])
    return DecodedBatch(raw.offsets, ["k"], [1], [0], raw.keys, raw.values, raw.timestamps, None, 1)


@pytest.mark.parametrize(
    ("node", "key", "value"),
    [
        ({"value_format": Int64()}, "a", "text"),
        ({"key_format": Int64()}, "text", 1),
        ({"partitioner": lambda *_: 1 // 0}, "a", 1),
        ({"value_format": Int64(), "partitioner": lambda *_: 0}, "a", "text"),
    ],
)
def test_what_cannot_be_written_is_refused_with_sink_topic_and_types_and_nothing_is_written(
    node: dict[str, Any], key: Any, value: Any
) -> None:
    out = Out(**node)
    out.row(key, value, 5, ())
    assert out.written() == {}
    [(sink, error)] = out.refused
    assert sink == "sink"
    assert "sink 'sink' cannot write a record to topic 'out'" in str(error)
    assert f"(key: {type(key).__name__} as " in str(error)
    assert f"value: {type(value).__name__} as {node.get('value_format', Json())!r})" in str(error)


def test_a_result_that_cannot_be_written_has_the_sink_s_line_in_the_program() -> None:
    out = Out(value_format=Int64(), line="program.py:7")
    out.row("a", "text", 5, ())
    [(_, error)] = out.refused
    assert "sink 'sink', made at program.py:7, cannot write" in str(error)


def test_a_coroutine_that_was_not_awaited_is_refused_as_one() -> None:
    async def looked_up(value: int) -> int:
        return value

    out = Out()
    out.row("a", looked_up(1), 5, ())
    [(_, error)] = out.refused
    assert "hint: the value is a coroutine: call the async function that made it with map_values_async(...)" in str(error)


def test_a_key_that_cannot_be_written_is_refused_where_values_are_passed_through() -> None:
    out = Out(key_format=Int64(), passes_value=True)
    out.row("text", 1, 5, ())
    assert out.written() == {}
    assert len(out.refused) == 1


def test_output_is_drained_by_partition_and_begins_anew() -> None:
    output = OutputBuffer(lambda: 9)
    columns = output.partitions("t", 2)
    log = output.change_logger("c", 1)
    columns[1].append(b"a", b"1", 5)
    log.extend([b"k"], [b"v"], [6])
    log.append(b"k", None, 7, (("h", b"1"),))
    assert not output.empty
    assert (output.waiting("t"), output.waiting("c"), output.waiting("x")) == (True, True, False)
    drained = output.drain()
    assert {tuple(where): len(found) for where, found in drained.items()} == {("t", 1): 1, ("c", 1): 2}
    assert drained[TopicPartition("c", 1)].headers == [(), (("h", b"1"),)]
    assert (output.empty, output.drain()) == (True, {})
    columns[0].append(b"b", b"2", 8)
    assert list(output.drain()) == [("t", 0)]


def test_a_time_that_the_log_does_not_take_is_refused() -> None:
    out = Out(latest=100)
    out.row("k", 1, 100, ())
    out.row("k", 2, 101, ())
    ((sink, error),) = out.refused
    assert sink == "sink"
    assert "topic 'out': brokers refuse its time, 101" in error.message
    assert [row[1] for rows in out.written().values() for row in rows] == [b"1"]
