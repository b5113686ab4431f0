"""Errors come in the order of offsets: what follows a bad record is not touched before the policy has seen it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import log_access as log
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace import (
    App,
    Consumed,
    DecodeError,
    Json,
    Processor,
    Produced,
    Record,
    StoreKind,
    StoreSpec,
    StreamsBuilder,
    String,
    Topology,
)


def run(data: Path, topology: Topology, **options: Any) -> None:
    App("app", topology, data_dir=data, **options).run(until_end=True)


def prepare(data: Path, values: list[Any]) -> None:
    log.create(data, **{"in": 1, "out": 1})
    log.write(data, "in", [("k", value, number) for number, value in enumerate(values)])


def mapped(function: Callable[[Any], Any]) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in", Consumed(value=Json())).map_values(function).to("out")
    return builder.build()


def halve(value: int) -> int:
    return 100 // value


def offsets_of_letters(data: Path) -> list[int]:
    letters = log.read_records(data, "dead")
    return [int(dict(letter.headers)["__streams.errors.offset"] or b"") for letter in letters]


def test_records_behind_one_that_cannot_be_read_are_not_touched_before_the_application_stops(tmp_path: Path) -> None:
    prepare(tmp_path, ["a", b"{", "b"])
    seen: list[str] = []
    with pytest.raises(DecodeError, match="offset 1"):
        run(tmp_path, mapped(seen.append))
    assert seen == ["a"]


def test_dead_letters_come_in_the_order_of_offsets_whatever_went_wrong(tmp_path: Path) -> None:
    prepare(tmp_path, [b"}", 1, 0, b"{", 0, b"[", b"]", 2, 0, b":"])
    run(tmp_path, mapped(halve), on_decode_error="dlq", on_process_error="dlq", dlq_topic="dead")
    assert offsets_of_letters(tmp_path) == [0, 2, 3, 4, 5, 6, 8, 9]
    assert log.read(tmp_path, "out") == [("k", 100), ("k", 50)]
    assert log.positions(tmp_path, "app") == {"in-0": 10}


@settings(max_examples=20, deadline=None)
@given(frames=st.lists(st.lists(st.sampled_from([b"{", 0, 1, 2, 5, None]), min_size=1, max_size=12), min_size=1, max_size=4))
def test_any_mix_of_good_and_bad_records_gives_every_result_and_every_letter_once_and_in_order(
    frames: list[list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("mixed")
    log.create(data, **{"in": 1, "out": 1})
    numbered = list(enumerate(value for frame in frames for value in frame))
    for frame in frames:
        log.write(data, "in", [("k", value, 5) for value in frame])
    builder = StreamsBuilder()
    numbers = builder.stream("in", Consumed(value=Json()))
    numbers.filter(lambda _key, value: value is None or 100 // value < 100).map_values(lambda value: value and halve(value)).to(
        "out"
    )
    run(data, builder.build(), on_decode_error="dlq", on_process_error="dlq", dlq_topic="dead")
    assert offsets_of_letters(data) == [offset for offset, value in numbered if value in (b"{", 0)]
    assert log.read(data, "out") == [("k", value and halve(value)) for _, value in numbered if value in (2, 5, None)]
    assert log.positions(data, "app") == {"in-0": len(numbered)}


@settings(max_examples=20, deadline=None)
@given(
    frames=st.lists(
        st.lists(
            st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from([b"{", 0, 1, 2, 5, None])),
            min_size=1,
            max_size=12,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_so_it_does_where_the_bytes_of_what_passes_a_filter_are_written_at_one_go(
    frames: list[list[tuple[str | None, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("passed")
    log.create(data, **{"in": 1, "out": 3})
    numbered = list(enumerate(record for frame in frames for record in frame))
    for frame in frames:
        log.write(data, "in", [(key, value, 5) for key, value in frame])
    builder = StreamsBuilder()
    numbers = builder.stream("in", Consumed(value=Json()))
    numbers.filter(lambda _key, value: value is None or 100 // value < 100).to("out", Produced(value=Json()))
    run(data, builder.build(), on_decode_error="dlq", on_process_error="dlq", dlq_topic="dead")
    assert offsets_of_letters(data) == [offset for offset, (_, value) in numbered if value in (b"{", 0)]
    for key in ("a", "b", "c", None):
        written = [value for own, value in log.read(data, "out") if own == key]
        assert written == [value for _, (own, value) in numbered if own == key and value in (2, 5, None)]
    assert log.positions(data, "app") == {"in-0": len(numbered)}


def test_a_record_that_cannot_be_read_waits_for_the_async_calls_of_earlier_ones(tmp_path: Path) -> None:
    async def halved(value: int) -> int:
        await asyncio.sleep(0.01)
        return 100 // value

    prepare(tmp_path, [0, b"{", 0])
    builder = StreamsBuilder()
    builder.stream("in").map_values_async(halved).to("out")
    run(tmp_path, builder.build(), on_decode_error="dlq", on_process_error="dlq", dlq_topic="dead")
    assert offsets_of_letters(tmp_path) == [0, 1, 2]


def test_the_same_holds_for_the_processor_of_a_global_store(tmp_path: Path) -> None:
    seen: list[Any] = []

    class Fills(Processor[str, Any, None, None]):
        def process(self, record: Record[str, Any]) -> None:
            seen.append(record.value)

    prepare(tmp_path, [])
    log.create(tmp_path, names=1)
    log.write(tmp_path, "names", [("k", "a", 0), ("k", b"{", 1), ("k", "b", 2)])
    builder = StreamsBuilder()
    store = StoreSpec(name="names", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=Json())
    builder.add_global_store(store, "names", Fills)
    builder.stream("in").to("out")
    with pytest.raises(DecodeError, match="topic 'names', partition 0, offset 1"):
        run(tmp_path, builder.build())
    assert seen == ["a"]
