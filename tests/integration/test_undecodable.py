"""Dead letters of records that a format with a schema cannot read: bytes, headers, schema id and field."""

from pathlib import Path
from typing import Any

import log_access as log
import pytest

from headrace import App, Avro, Consumed, InRegistry, Produced, StreamsBuilder, Topology, WindowedFormat
from headrace.app.registries import with_registry
from headrace.config.resolve import resolve
from headrace.core.windows import Windowed
from support.command_line import CommandLine
from support.damaged import DAMAGED, EVENT, Damaged
from support.shop_types import Envelope, Line

HEADERS = (("trace", b"t1"), ("trace", None))


def copying(**formats: Any) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in", Consumed(**formats)).to("out", Produced(**formats))
    return builder.build()


def encoder(data: Path, form: Any, *, is_key: bool = False) -> Any:
    bound = with_registry(form, resolve({"app_id": "app", "data_dir": data}))
    return bound.encoder("in", is_key=is_key)


def run(data: Path, topology: Topology) -> dict[str, str]:
    """What the only dead letter adds to the original headers."""
    App("app", topology, data_dir=data, on_decode_error="dlq", dlq_topic="dead").run(until_end=True)
    (letter,) = log.read_records(data, "dead")
    return {name: (value or b"").decode() for name, value in letter.headers if "errors." in name}


@pytest.mark.parametrize("case", DAMAGED, ids=lambda case: case.name)
def test_a_dead_letter_has_the_original_and_says_which_field_failed_under_which_schema(tmp_path: Path, case: Damaged) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    encode = encoder(tmp_path, case.form)
    good = encode(case.value)
    bad = case.damage(good)
    for value in (good, bad, good):
        log.write_one(tmp_path, "in", b"k", value, 77, HEADERS)
    added = run(tmp_path, copying(key=str, value=case.form))
    (letter,) = log.read_records(tmp_path, "dead")
    assert (letter.key, letter.value, letter.timestamp, letter.headers[:2]) == (b"k", bad, 77, HEADERS)
    assert added["__headrace.errors.part"] == "value"
    assert added["__headrace.errors.field"] == case.field
    assert added.get("__headrace.errors.schema_id") == ("1" if case.has_schema else None)
    assert case.reason in added["__streams.errors.message"]
    assert [record.value for record in log.read_records(tmp_path, "out")] == [good, good]


def test_a_key_within_a_window_is_named_as_one(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    form = WindowedFormat(Avro(Line), "1s")
    key = encoder(tmp_path, form, is_key=True)(Windowed(Line("a", 1), 0, 1000))
    log.write_one(tmp_path, "in", key[:7] + key[-8:], b"1", 77, ())
    added = run(tmp_path, copying(key=form, value=int))
    found = [added[f"__headrace.errors.{name}"] for name in ("part", "field", "schema_id")]
    assert found == ["key", "count", "1"]


@pytest.mark.parametrize(
    ("value", "schema_id", "why"),
    [
        (b"\x01\x00\x00\x00\x01abc", None, "not with the zero byte of a schema registry's wire format"),
        (b"\x00\x00\x00", None, "3 bytes are too few for the header"),
        (b"\x00\x00\x00\x00\x63abc", "99", "the registry has no schema with id 99"),
    ],
    ids=["wrong magic byte", "cut off header", "unknown schema id"],
)
def test_a_header_that_cannot_be_used_is_told(tmp_path: Path, value: bytes, schema_id: str | None, why: str) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write_one(tmp_path, "in", b"k", value, 77, ())
    added = run(tmp_path, copying(key=str, value=Avro(Envelope)))
    assert added.get("__headrace.errors.schema_id") == schema_id
    assert "__headrace.errors.field" not in added
    assert why in added["__streams.errors.message"]


def test_data_under_a_schema_of_another_language_is_told(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    protobuf = next(case for case in DAMAGED if case.name == "protobuf")
    log.write_one(tmp_path, "in", b"k", encoder(tmp_path, protobuf.form)(EVENT), 77, ())
    added = run(tmp_path, copying(key=str, value=Avro(Envelope, InRegistry("record"))))
    assert "schema id 1 is PROTOBUF, not AVRO" in added["__streams.errors.message"]
    assert added["__headrace.errors.schema_id"] == "1"


def test_letters_are_shown_with_field_and_schema(cli: CommandLine) -> None:
    data = cli.folder / "headrace-data"
    log.create(data, **{"in": 1, "out": 1})
    avro = DAMAGED[0]
    bad = avro.damage(encoder(data, avro.form)(avro.value))
    log.write_one(data, "in", b"k", bad, 77, HEADERS)
    run(data, copying(key=str, value=avro.form))
    shown = cli.ok("dlq", "show", "app", "0@0", "--dlq-topic", "dead", "--data", data, "--json").json
    assert (shown["part"], shown["field"], shown["schema_id"]) == ("value", "event.value", 1)
    assert (shown["value_hex"], shown["headers"]) == (bad.hex(), [["trace", "t1"], ["trace", None]])
    lines = cli.ok("dlq", "show", "app", "0@0", "--dlq-topic", "dead", "--data", data).lines
    assert {"part       value", "field      event.value", "schema_id  1"} <= set(lines)
    cli.ok("dlq", "replay", "app", "--dlq-topic", "dead", "--data", data, "--yes")
    (_, again) = log.read_records(data, "in")
    assert (again.value, again.headers) == (bad, HEADERS)
