"""Input that does not fit: a clear error or the configured policy, and nothing that was committed is lost."""

import re
from pathlib import Path
from typing import Any

import log_access as log
import pytest

from headrace import (
    App,
    Consumed,
    CustomTime,
    Decision,
    DecodeError,
    EncodeError,
    FailedRecord,
    FieldTime,
    HeadraceError,
    Joined,
    Json,
    Materialized,
    ProcessingError,
    Produced,
    RecordTime,
    StreamsBuilder,
    Topology,
    TumblingWindows,
)


def run(data: Path, topology: Topology, **options: Any) -> App:
    app = App("app", topology, data_dir=data, **options)
    app.run(until_end=True)
    return app


def failing(data: Path, topology: Topology, **options: Any) -> HeadraceError:
    with pytest.raises(HeadraceError) as caught:
        run(data, topology, **options)
    return caught.value


def copying(function: Any = None, **consumed: Any) -> Topology:
    builder = StreamsBuilder()
    stream = builder.stream("in", Consumed(**consumed))
    (stream if function is None else stream.map_values(function)).to("out")
    return builder.build()


def prepare(data: Path, values: list[Any], *, partitions: int = 1) -> None:
    log.create(data, **{"in": partitions, "out": 1})
    log.write(data, "in", [("k", value, number) for number, value in enumerate(values)], partition=0)


# ---- what cannot be read ------------------------------------------------------------------------------------------


def test_undecodable_bytes_stop_the_application_and_the_error_says_where(tmp_path: Path) -> None:
    prepare(tmp_path, [{"n": 1}, b"{broken", {"n": 2}])
    error = failing(tmp_path, copying())
    assert isinstance(error, DecodeError)
    assert "the value of a record cannot be read" in str(error)
    assert "(task 0_0, topic 'in', partition 0, offset 1)" in str(error)
    assert "on_decode_error" in str(error)
    assert log.read(tmp_path, "out") == []
    assert log.positions(tmp_path, "app") == {}


def test_an_undecodable_key_is_named_as_one(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("five", 1, 0)])
    error = str(failing(tmp_path, copying(key=int)))
    assert "the key of a record cannot be read as Int64(): b'five' (error: unpack requires a buffer of 8 bytes)" in error
    assert re.search(r"; it is read by source 'in', made at .*test_bad_input\.py:\d+ \(task 0_0, topic 'in'", error)
    assert "hint: give the right format in Consumed(key=...)" in error


def test_skipping_leaves_out_the_record_alone_and_counts_it(tmp_path: Path) -> None:
    prepare(tmp_path, [1, b"{", 2, b"}", 3])
    app = run(tmp_path, copying(), on_decode_error="skip")
    assert log.read(tmp_path, "out") == [("k", 1), ("k", 2), ("k", 3)]
    assert app.metrics.total("headrace_skipped_records_total", stage="decode") == 2
    assert log.positions(tmp_path, "app") == {"in-0": 5}


def test_a_dead_letter_has_the_original_bytes_time_and_headers_and_those_of_kip_1034(tmp_path: Path) -> None:
    prepare(tmp_path, [1])
    log.write_one(tmp_path, "in", b"\xff", b"{broken", 77, (("trace", b"t1"), ("trace", None)))
    log.write(tmp_path, "in", [("k", 2, 78)])
    run(tmp_path, copying(), on_decode_error="dlq", dlq_topic="dead")
    (letter,) = log.read_records(tmp_path, "dead")
    assert (letter.key, letter.value, letter.timestamp) == (b"\xff", b"{broken", 77)
    assert letter.headers[:2] == (("trace", b"t1"), ("trace", None))
    added = {name: (value or b"").decode() for name, value in letter.headers[2:]}
    names = ("exception", "message", "stacktrace", "topic", "partition", "offset")
    assert list(added) == [*(f"__streams.errors.{name}" for name in names), "__headrace.errors.part"]
    assert added["__headrace.errors.part"] == "key"
    assert added["__streams.errors.exception"] == "headrace.core.errors.DecodeError"
    assert "cannot be read" in added["__streams.errors.message"]
    assert "Traceback" in added["__streams.errors.stacktrace"]
    assert [added[f"__streams.errors.{name}"] for name in ("topic", "partition", "offset")] == ["in", "0", "1"]
    assert log.read(tmp_path, "out") == [("k", 1), ("k", 2)]


def test_the_policy_of_a_source_wins_and_its_dead_letter_topic_is_made(tmp_path: Path) -> None:
    prepare(tmp_path, [1, b"{"])
    run(tmp_path, copying(on_decode_error="dlq"))
    assert [letter.value for letter in log.read_records(tmp_path, "app-dlq")] == [b"{"]


def test_a_dead_letter_is_written_once_though_the_batch_is_interrupted_before_its_record(tmp_path: Path) -> None:
    """The bad record is seen when its batch is decoded, long before its turn: the letter must not be committed until then."""
    prepare(tmp_path, ["a", "stop", b"{", "b"])

    def stop_once(value: str) -> str:
        if value == "stop" and "stopped" not in seen:
            seen.append("stopped")
            app.close()
        return value

    seen: list[str] = []
    app = App(
        "app", copying(stop_once), data_dir=tmp_path, on_decode_error="dlq", dlq_topic="dead", buffered_records_per_partition=1
    )
    app.run()
    for _ in range(2):
        run(tmp_path, copying(), on_decode_error="dlq", dlq_topic="dead")
    assert [letter.value for letter in log.read_records(tmp_path, "dead")] == [b"{"]
    assert log.read(tmp_path, "out") == [("k", "a"), ("k", "stop"), ("k", "b")]


# ---- timestamps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "found"), [({"n": 1}, "None"), ({"at": "noon"}, "'noon'"), ({"at": -1}, "-1"), (7, "None")])
def test_a_missing_or_wrong_timestamp_field_is_an_error_with_its_place(tmp_path: Path, value: Any, found: str) -> None:
    prepare(tmp_path, [{"at": 5}, value])
    error = failing(tmp_path, copying(timestamp="at"))
    assert f"no usable timestamp: field 'at' gave {found} (task 0_0, topic 'in', partition 0, offset 1)" in str(error)
    assert 'FieldTime(field, on_invalid="drop")' in str(error)


def test_a_wrong_timestamp_field_goes_the_way_of_the_policy(tmp_path: Path) -> None:
    prepare(tmp_path, [{"at": 5}, {"at": None}, {"at": 6}])
    run(tmp_path, copying(timestamp="at"), on_decode_error="dlq", dlq_topic="dead")
    assert [value for _, value in log.read(tmp_path, "out")] == [{"at": 5}, {"at": 6}]
    assert [letter.value for letter in log.read_records(tmp_path, "dead")] == [b'{"at":null}']


@pytest.mark.parametrize(("on_invalid", "times"), [("drop", [5, 6]), ("partition-time", [5, 5, 6]), ("record-time", [5, 1, 6])])
def test_what_happens_to_a_record_without_a_time_can_be_chosen(tmp_path: Path, on_invalid: Any, times: list[int]) -> None:
    prepare(tmp_path, [{"at": 5}, {}, {"at": 6}])
    app = run(tmp_path, copying(timestamp=FieldTime("at", on_invalid=on_invalid)))
    assert [time for _, _, time in log.read_raw(tmp_path, "out")] == times
    assert app.metrics.total("headrace_dropped_records_total", reason="invalid-timestamp") == 3 - len(times)


def test_a_timestamp_extractor_that_raises_is_named_with_the_user_s_line(tmp_path: Path) -> None:
    def extract(record: Any, _partition_time: int) -> int:
        return int(record.value["at"])

    prepare(tmp_path, [{"at": 1}, {}])
    error = failing(tmp_path, copying(timestamp=extract))
    assert isinstance(error, ProcessingError)
    assert "KeyError at " in str(error)
    assert "test_bad_input.py" in str(error)
    assert "in extract" in str(error)
    assert "offset 1" in str(error)


def test_a_timestamp_extractor_that_gives_no_number_is_an_error_and_a_negative_one_drops(tmp_path: Path) -> None:
    prepare(tmp_path, [-1, 5, "soon"])
    topology = copying(timestamp=CustomTime(lambda record, _: record.value))
    error = failing(tmp_path, topology)
    assert "the timestamp extractor gave 'soon'" in str(error)
    run(tmp_path, topology, on_decode_error="skip")
    assert log.read(tmp_path, "out") == [("k", 5)]


@pytest.mark.parametrize(("extractor", "out"), [(None, [2]), (RecordTime("partition-time"), [1, 2])])
def test_negative_record_timestamps_are_dropped_and_counted_or_replaced(tmp_path: Path, extractor: Any, out: Any) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("k", 2, 9), ("k", 1, -5)] if extractor else [("k", 1, -5), ("k", 2, 9)])
    app = run(tmp_path, copying(timestamp=extractor))
    assert sorted(value for _, value in log.read(tmp_path, "out")) == out
    assert app.metrics.total("headrace_dropped_records_total", reason="invalid-timestamp") == 2 - len(out)


def test_a_negative_timestamp_can_stop_the_application(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("k", 1, -5)])
    error = failing(tmp_path, copying(timestamp=RecordTime("fail")))
    assert "no usable timestamp: the record gave -5 (task 0_0, topic 'in', partition 0, offset 0)" in str(error)


# ---- null keys and values -----------------------------------------------------------------------------------------


def test_null_keys_are_dropped_by_aggregations_and_counted(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [(None, 1, 1), ("a", 1, 2), (None, 1, 3)])
    builder = StreamsBuilder()
    grouped = builder.stream("in").group_by_key()
    grouped.count(Materialized("plain", caching=False)).to_stream().to("out", Produced(value=Json(int)))
    grouped.windowed_by(TumblingWindows(size="10s", grace=0)).count(Materialized("windowed"))
    app = run(tmp_path, builder.build())
    assert log.read(tmp_path, "out") == [("a", 1)]
    assert app.metrics.total("headrace_dropped_records_total", reason="null-key") == 4


def test_null_keys_of_a_table_and_null_values_of_an_aggregation_are_dropped(tmp_path: Path) -> None:
    log.create(tmp_path, t=1, **{"in": 1, "out": 1})
    log.write(tmp_path, "t", [(None, 1, 1), ("a", 1, 2), ("a", None, 3)])
    log.write(tmp_path, "in", [("a", None, 1), ("a", 5, 2)])
    builder = StreamsBuilder()
    builder.table("t", materialized=Materialized("t-store"))
    builder.stream("in").group_by_key().count(Materialized("n")).to_stream().to("out", Produced(value=Json(int)))
    app = run(tmp_path, builder.build())
    assert log.read(tmp_path, "out") == [("a", 1)]
    assert app.metrics.total("headrace_dropped_records_total", reason="null-key") == 1


def test_null_values_pass_through_stateless_steps_and_sinks(tmp_path: Path) -> None:
    prepare(tmp_path, [1, None, 2])
    run(tmp_path, copying())
    assert log.read(tmp_path, "out") == [("k", 1), ("k", None), ("k", 2)]


# ---- functions that raise -----------------------------------------------------------------------------------------


def halve(value: int) -> int:
    return 100 // value


def test_a_function_that_raises_stops_the_application_and_names_place_and_line(tmp_path: Path) -> None:
    prepare(tmp_path, [1, 0, 2])
    error = failing(tmp_path, copying(halve))
    assert isinstance(error, ProcessingError)
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert "ZeroDivisionError at " in str(error)
    assert "test_bad_input.py:" in str(error)
    assert "in halve" in str(error)
    assert "(task 0_0, topic 'in', partition 0, offset 1)" in str(error)
    assert 'on_process_error="skip"' in str(error)


@pytest.mark.parametrize("guarantee", ["exactly_once_v2", "at_least_once"])
def test_what_was_committed_stays_and_the_mended_program_goes_on(tmp_path: Path, guarantee: str) -> None:
    prepare(tmp_path, [1, 2])
    run(tmp_path, copying(halve), guarantee=guarantee)
    log.write(tmp_path, "in", [("k", 4, 10), ("k", 0, 11), ("k", 5, 12)])
    failing(tmp_path, copying(halve), guarantee=guarantee)
    assert log.read(tmp_path, "out") == [("k", 100), ("k", 50)]
    assert log.positions(tmp_path, "app") == {"in-0": 2}
    run(tmp_path, copying(lambda value: halve(value) if value else -1), guarantee=guarantee)
    assert [value for _, value in log.read(tmp_path, "out")] == [100, 50, 25, -1, 20]


def test_a_failing_record_goes_the_way_of_the_policy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    prepare(tmp_path, [1, 0, 2])
    app = run(tmp_path, copying(halve), on_process_error="dlq", dlq_topic="dead")
    assert log.read(tmp_path, "out") == [("k", 100), ("k", 50)]
    (letter,) = log.read_records(tmp_path, "dead")
    assert (letter.key, letter.value, letter.timestamp) == (b"k", b"0", 1)
    assert dict(letter.headers)["__streams.errors.exception"] == b"builtins.ZeroDivisionError"
    assert app.metrics.total("headrace_dead_letter_records_total", stage="process") == 1
    assert re.search(r'record_left_out .* error="ZeroDivisionError at \S+test_bad_input\.py:\d+ in halve: ', caplog.text)


def test_a_joiner_that_raises_names_the_record_that_joined(tmp_path: Path) -> None:
    log.create(tmp_path, s=1, t=1, out=1)
    log.write(tmp_path, "t", [("k", {"city": "Ulm"}, 0)])
    log.write(tmp_path, "s", [("k", {"n": 1}, 1)])

    def enrich(order: Any, customer: Any) -> Any:
        return {**order, "name": customer["name"]}

    builder = StreamsBuilder()
    builder.stream("s").join(builder.table("t"), enrich, Joined()).to("out")
    error = failing(tmp_path, builder.build())
    assert "KeyError at " in str(error)
    assert "in enrich" in str(error)
    assert "topic 's', partition 0, offset 0" in str(error)


# ---- policies as functions ----------------------------------------------------------------------------------------


def test_a_policy_can_be_a_function_that_sees_the_record(tmp_path: Path) -> None:
    prepare(tmp_path, [1, 0, "x"])
    seen: list[FailedRecord] = []

    def decide(record: FailedRecord) -> Decision:
        seen.append(record)
        return Decision.SKIP if isinstance(record.error, ZeroDivisionError) else Decision.DLQ

    run(tmp_path, copying(halve), on_process_error=decide)
    assert [(r.phase, str(r.task), r.topic, r.partition, r.offset, r.value, r.timestamp) for r in seen] == [
        ("process", "0_0", "in", 0, 1, b"0", 1),
        ("process", "0_0", "in", 0, 2, b'"x"', 2),
    ]
    assert [letter.value for letter in log.read_records(tmp_path, "app-dlq")] == [b'"x"']


def test_a_policy_that_gives_no_decision_is_named(tmp_path: Path) -> None:
    prepare(tmp_path, [0])
    error = failing(tmp_path, copying(halve), on_process_error=lambda record: "ignore")
    assert "the error policy for phase 'process' gave 'ignore'" in str(error)
    assert "offset 0" in str(error)


# ---- results that cannot be written -------------------------------------------------------------------------------


def unwritable() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").map_values(lambda v: v if v != 2 else {"not": "a number"}).to("out", Produced(value=int))
    return builder.build()


def test_a_result_that_cannot_be_written_names_sink_topic_and_record(tmp_path: Path) -> None:
    prepare(tmp_path, [1, 2, 3])
    error = failing(tmp_path, unwritable())
    assert isinstance(error, EncodeError)
    assert "cannot write a record to topic 'out'" in str(error)
    assert "(task 0_0, topic 'in', partition 0, offset 1)" in str(error)
    assert "Produced(" in str(error)


@pytest.mark.parametrize("policy", ["skip", "dlq"])
def test_a_result_that_cannot_be_written_goes_the_way_of_the_policy(tmp_path: Path, policy: str) -> None:
    prepare(tmp_path, [1, 2, 3])
    app = run(tmp_path, unwritable(), on_produce_error=policy, dlq_topic="dead")
    assert len(log.read_raw(tmp_path, "out")) == 2
    letters = log.read_records(tmp_path, "dead")
    assert [(letter.key, letter.value) for letter in letters] == ([(b"k", b"2")] if policy == "dlq" else [])
    assert app.metrics.total("headrace_skipped_records_total", stage="produce") == (policy == "skip")


# ---- failures at the commit ---------------------------------------------------------------------------------------


def poisoned_below_the_cache() -> Topology:
    """`b` is counted without trouble, and fails only when the cache is flushed."""
    builder = StreamsBuilder()
    table = builder.stream("in").select_key(lambda _, value: value).group_by_key().count(Materialized("n"))

    def check(key: str, count: int) -> tuple[str, int]:
        if key == "b":
            message = "b is not welcome"
            raise ValueError(message)
        return key, count

    table.to_stream().map(check).to("out", Produced(value=Json(int)))
    return builder.build()


def test_an_update_that_fails_when_its_cache_is_flushed_names_store_and_line(tmp_path: Path) -> None:
    prepare(tmp_path, ["a", "b", "c"])
    error = failing(tmp_path, poisoned_below_the_cache())
    assert isinstance(error, ProcessingError)
    assert "ValueError at " in str(error)
    assert "in check: b is not welcome" in str(error)
    assert "below a cache while it was flushed, task 1_0, node 'n'" in str(error)
    assert log.read(tmp_path, "out") == []


def test_an_update_that_fails_when_its_cache_is_flushed_goes_the_way_of_the_policy(tmp_path: Path) -> None:
    prepare(tmp_path, ["a", "b", "c", "a"])
    app = run(tmp_path, poisoned_below_the_cache(), on_process_error="skip")
    assert dict(log.read(tmp_path, "out")) == {"a": 2, "c": 1}
    assert app.metrics.total("headrace_skipped_records_total", stage="flush") == 1
    assert dict(log.read(tmp_path, "out")) == {"a": 2, "c": 1}
