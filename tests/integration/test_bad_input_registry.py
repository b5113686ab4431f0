"""Applications whose registry is away, and records that cannot be read or written under its schemas."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Any

import log_access as log
import pytest

from headrace import (
    PLAIN,
    App,
    Avro,
    Consumed,
    Delimited,
    EncodeError,
    InRegistry,
    Json,
    JsonSchema,
    Produced,
    Protobuf,
    RegistryError,
    RegistryUnavailableError,
    StreamsBuilder,
    Topology,
)
from headrace.formats.registry import Compatibility, RestRegistry
from headrace.formats.schema.marks import float32, int32
from support.registry_server import RegistryServer, registry_server
from support.shop_types import AllDataReceived, DataReceived, DeviceWokeUp, Envelope

AWAY = [503] * 1_000


Older = make_dataclass("Envelope", [("event", DeviceWokeUp | DataReceived), ("timestamp", int)], frozen=True)
"""An envelope as it was before a member was added to its union."""


@dataclass(frozen=True)
class Count:
    n: int32
    share: float32 = 0.0


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with registry_server() as serving:
        serving.registry.set_compatibility(Compatibility.NONE)
        yield serving


def reading(form: Any = None, **consumed: Any) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in", Consumed(key=str, value=form or Avro(Envelope), **consumed)).map_values(repr).to(
        "out", Produced(key=str, value=str)
    )
    return builder.build()


def app(data: Path, server: RegistryServer, topology: Topology, **options: Any) -> App:
    given = {"schema_registry": server.url, "schema_registry_timeout": "20s", "data_dir": data, **options}
    return App("app", topology, **given)


def prepare(data: Path) -> None:
    log.create(data, **{"in": 1, "out": 1})


def put(data: Path, *values: bytes) -> None:
    for value in values:
        log.write_one(data, "in", b"k", value, 1, ())


def written(server: RegistryServer, *values: Any) -> list[bytes]:
    encode = Avro(type(values[0]), InRegistry(registry=server.registry)).encoder("in", is_key=False)
    return [encode(value) for value in values]


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.message).split()[0] for record in caplog.records if "registry" in record.name]


def test_a_registry_that_is_down_at_the_start_is_waited_for_and_the_log_says_so(
    tmp_path: Path, server: RegistryServer, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(tmp_path)
    put(tmp_path, *written(server, Envelope(DeviceWokeUp(), 1)))
    server.refuse += [503] * 3
    with caplog.at_level(logging.INFO, "headrace"):
        app(tmp_path, server, reading()).run(until_end=True)
    assert told(caplog) == ["registry_gives_no_answer", "registry_answers_again"]
    assert len(log.read_raw(tmp_path, "out")) == 1


def test_a_registry_that_stays_away_stops_the_application_with_its_address_and_leaves_out_no_record(
    tmp_path: Path, server: RegistryServer
) -> None:
    prepare(tmp_path)
    put(tmp_path, *written(server, Envelope(DeviceWokeUp(), 1)))
    server.refuse += AWAY
    options = {"schema_registry_timeout": "300ms", "on_decode_error": "dlq", "dlq_topic": "dead"}
    with pytest.raises(RegistryUnavailableError, match=r"gives no answer within 0\.3 s: status 503") as stopped:
        app(tmp_path, server, reading(), **options).run(until_end=True)
    assert server.url in stopped.value.message
    assert log.read_records(tmp_path, "dead") == []
    server.refuse.clear()
    app(tmp_path, server, reading(), **options).run(until_end=True)
    assert len(log.read_raw(tmp_path, "out")) == 1


def test_a_registry_that_goes_away_in_mid_run_is_needed_for_new_schemas_only(
    tmp_path: Path, server: RegistryServer, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(tmp_path)
    known = written(server, *(Envelope(DataReceived("p", n / 2), n) for n in range(3)))
    (new,) = written(server, Older(DeviceWokeUp(), 9))
    put(tmp_path, known[0])
    asked = threading.Event()

    class Asked(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "registry_gives_no_answer" in str(record.msg):
                asked.set()

    handler = Asked()
    logging.getLogger("headrace.registry").addHandler(handler)
    running = app(tmp_path, server, reading(), commit_interval="50ms")
    try:
        with running:
            log.wait_for(tmp_path, "out", 1)
            server.refuse += AWAY
            put(tmp_path, *known[1:])
            log.wait_for(tmp_path, "out", 3)
            assert not asked.is_set()
            put(tmp_path, new)
            assert asked.wait(20)
            server.refuse.clear()
            log.wait_for(tmp_path, "out", 4)
    finally:
        logging.getLogger("headrace.registry").removeHandler(handler)


def test_credentials_that_are_refused_in_mid_run_are_no_fault_of_the_record(tmp_path: Path, server: RegistryServer) -> None:
    prepare(tmp_path)
    put(tmp_path, *written(server, Envelope(DeviceWokeUp(), 1)))
    server.refuse += [401] * 10
    options = {"on_decode_error": "dlq", "dlq_topic": "dead"}
    with pytest.raises(RegistryError, match="lets nobody in with these credentials"):
        app(tmp_path, server, reading(), **options).run(until_end=True)
    assert log.read_records(tmp_path, "dead") == []


def test_a_union_member_that_the_reader_does_not_know_is_left_out_with_field_and_schema(
    tmp_path: Path, server: RegistryServer
) -> None:
    prepare(tmp_path)
    put(tmp_path, *written(server, Envelope(DeviceWokeUp(), 1), Envelope(AllDataReceived(), 2)))
    topology = reading(Avro(Older))
    app(tmp_path, server, topology, on_decode_error="dlq", dlq_topic="dead").run(until_end=True)
    assert len(log.read_raw(tmp_path, "out")) == 1
    (letter,) = log.read_records(tmp_path, "dead")
    added = dict(letter.headers)
    assert added["__headrace.errors.field"] == b"event"
    assert added["__headrace.errors.schema_id"] == b"1"
    assert b"AllDataReceived" in (added["__streams.errors.message"] or b"")


@pytest.mark.parametrize("form", [Avro(Count), Protobuf(Count), Delimited(Count)], ids=repr)
@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Count(2**31), "field n: 2147483648 does not fit into 32 bits"),
        (Count(1, 1e300), r"field share: 1e\+300 does not fit into a float of 32 bits"),
    ],
    ids=["int", "float"],
)
def test_a_number_out_of_range_is_refused_with_its_field_and_record(tmp_path: Path, form: Any, value: Count, why: str) -> None:
    prepare(tmp_path)
    put(tmp_path, b"1")
    builder = StreamsBuilder()
    builder.stream("in", Consumed(key=str, value=str)).map_values(lambda _: value).to("out", Produced(key=str, value=form))
    with pytest.raises(EncodeError, match=f"{why}.*topic 'in', partition 0, offset 0"):
        App("app", builder.build(), data_dir=tmp_path).run(until_end=True)


@pytest.mark.parametrize("form", [Json(Count), JsonSchema(Count, PLAIN)], ids=repr)
def test_a_number_out_of_range_in_json_is_not_read(tmp_path: Path, form: Any) -> None:
    prepare(tmp_path)
    put(tmp_path, b'{"n":2147483648}')
    App("app", reading(form), data_dir=tmp_path, on_decode_error="dlq", dlq_topic="dead").run(until_end=True)
    (letter,) = log.read_records(tmp_path, "dead")
    assert dict(letter.headers)["__headrace.errors.field"] == b"n"
    assert b"<= 2147483647" in (dict(letter.headers)["__streams.errors.message"] or b"")


def test_secrets_are_in_no_log_error_or_dead_letter(
    tmp_path: Path, server: RegistryServer, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(tmp_path)
    put(tmp_path, b"\0\0\0\0\x63abc", *written(server, Envelope(DeviceWokeUp(), 1)))
    server.refuse += [503, 503]
    options = {"schema_registry": server.url.replace("://", "://user:hunter2@"), "on_decode_error": "dlq", "dlq_topic": "dead"}
    with caplog.at_level(logging.DEBUG):
        running = app(tmp_path, server, reading(), **options)
        running.run(until_end=True)
        server.refuse += [401]
        with pytest.raises(RegistryError) as refused:
            RestRegistry(options["schema_registry"]).subjects()
    (letter,) = log.read_records(tmp_path, "dead")
    assert "Basic dXNlcjpodW50ZXIy" in {headers.get("Authorization") for headers in server.headers}
    shown = f"{running.config!r}{refused.value}{letter}{caplog.text}"
    assert "hunter2" not in shown
    assert "dXNlcjpodW50ZXIy" not in shown
