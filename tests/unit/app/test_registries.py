from dataclasses import dataclass

import pytest

from headrace import App, Consumed, Materialized, Produced, StreamsBuilder
from headrace.app.registries import registry_of, with_registry
from headrace.config.resolve import resolve
from headrace.core.errors import ConfigurationError, DecodeError
from headrace.formats import Avro, Json
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry, RestRegistry, Schema
from headrace.testing import TestDriver


@dataclass(frozen=True)
class Device:
    id: str


@dataclass(frozen=True)
class WokeUp:
    at: int


@dataclass(frozen=True)
class Reading:
    at: int
    value: float


Event = WokeUp | Reading


def counting():
    builder = StreamsBuilder()
    events = builder.stream("events", Consumed(key=Avro(Device), value=Avro(Event)))
    readings = events.filter(lambda _key, event: isinstance(event, Reading))
    readings.group_by_key().count(name="counts", materialized=Materialized(key=Avro(Device))).to_stream().to(
        "counts", Produced(key=Avro(Device), value=Json(int))
    )
    return builder.build()


def test_a_driver_has_a_registry_of_its_own():
    with TestDriver(counting()) as driver:
        driver.topic("events").pipe(Device("a"), WokeUp(1))
        driver.topic("events").pipe(Device("a"), Reading(2, 0.5))
        assert driver.topic("counts").read()[:2] == (Device("a"), 1)


def test_topics_of_a_driver_take_formats_that_need_a_registry():
    builder = StreamsBuilder()
    builder.stream("a", Consumed(value=bytes)).to("b", Produced(value=bytes))
    with TestDriver(builder.build()) as driver:
        driver.topic("a", str, Avro(Reading)).pipe("k", Reading(1, 2.0))
        assert driver.topic("b", str, Avro(Reading)).read_value() == Reading(1, 2.0)


def test_an_application_on_the_embedded_log_keeps_its_schemas_in_the_data_directory(tmp_path):
    app = App("counter", counting(), data_dir=tmp_path)
    app.run(until_end=True)
    registry = EmbeddedRegistry(tmp_path / "registry")
    source = next(node for node in app.topology.nodes.values() if getattr(node, "consume", None))
    encode = source.consume.value_format.encoder("events", is_key=False)
    encode(WokeUp(1))
    assert registry.subjects() == ["events-value"]


def test_stores_have_subjects_with_the_name_of_the_application(tmp_path):
    config = resolve({"app_id": "counter", "data_dir": tmp_path})
    store = with_registry(counting(), config).stores["counts"]
    store.key_format.encoder("counts-changelog", is_key=True)(Device("a"))
    assert registry_of(config).subjects() == ["counter-counts-changelog-key"]


def test_programs_without_such_formats_have_no_registry(tmp_path):
    builder = StreamsBuilder()
    builder.stream("a", Consumed(value=Avro(Device, PLAIN))).to("b", Produced(value=Avro(Device, PLAIN)))
    topology = builder.build()
    assert with_registry(topology, resolve({"app_id": "x", "data_dir": tmp_path})) is topology
    assert list(tmp_path.iterdir()) == []


def test_a_registry_that_a_format_was_given_is_kept(tmp_path):
    registry = EmbeddedRegistry(tmp_path / "own")
    form = Avro(Device, InRegistry(registry=registry, writes="existing"))
    assert with_registry(form, resolve({"app_id": "x", "data_dir": tmp_path})).use.registry is registry


def test_the_options_say_where_the_registry_is_and_its_secrets_are_not_printed(tmp_path):
    options = {
        "app_id": "x",
        "schema_registry": "http://registry:8081",
        "schema_registry_user_info": "user:hunter2",
        "schema_registry_writes": "latest",
    }
    config = resolve(options)
    form = with_registry(Avro(Device), config)
    assert isinstance(form.use.registry, RestRegistry)
    assert form.use.registry.connection.auth() == ("user", "hunter2")
    assert form.use.writes == "latest"
    assert "hunter2" not in f"{config!r}{form!r}{form.use!r}{form.use.registry!r}"


def test_kafka_without_a_registry_is_told_when_a_format_needs_one():
    with pytest.raises(ConfigurationError, match="option schema_registry has to name one"):
        with_registry(Avro(Device), resolve({"app_id": "x", "bootstrap": "localhost:9092"}))


def test_an_incompatible_schema_stops_an_application_before_it_writes(tmp_path):
    EmbeddedRegistry(tmp_path / "registry").register(
        "out-value", Schema('{"type":"record","name":"Reading","fields":[{"name":"at","type":"long"}]}')
    )
    builder = StreamsBuilder()
    builder.stream("in", Consumed(value=Avro(Reading, PLAIN))).to("out", Produced(value=Avro(Reading)))
    with pytest.raises(Exception, match="field value: READER_FIELD_MISSING_DEFAULT_VALUE"):
        App("writer", builder.build(), data_dir=tmp_path).run(until_end=True)


def test_an_undecodable_record_names_field_and_schema():
    builder = StreamsBuilder()
    builder.stream("events", Consumed(key=Avro(Device), value=Avro(Reading))).to(
        "out", Produced(key=Avro(Device), value=Avro(Reading))
    )
    with TestDriver(builder.build()) as driver:
        driver.topic("events").pipe(Device("a"), Reading(2, 0.5))
        key, value = driver.topic("out", bytes, bytes).read()[:2]
        with pytest.raises(DecodeError, match=r"field value: the data ends.*schema id 2"):
            driver.pipe_bytes("events", key, value[:-1])


def test_options_of_a_command_line_move_the_registry_of_an_application_that_is_made(tmp_path):
    app = App("counter", counting(), data_dir=tmp_path / "first")
    app.configure(resolve({"app_id": "counter", "data_dir": tmp_path / "second"}))
    source = next(node for node in app.topology.nodes.values() if getattr(node, "consume", None))
    source.consume.value_format.encoder("events", is_key=False)(WokeUp(1))
    assert EmbeddedRegistry(tmp_path / "second" / "registry").subjects() == ["events-value"]
    assert EmbeddedRegistry(tmp_path / "first" / "registry").subjects() == []
