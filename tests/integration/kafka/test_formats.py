"""Applications on a real broker with a real registry, between Confluent's own serializers."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from headrace import (
    Avro,
    Consumed,
    Grouped,
    JsonSchema,
    Materialized,
    Produced,
    Protobuf,
    StreamsBuilder,
    Topology,
)
from headrace.formats.registry import RestRegistry
from support.command_line import command_line
from support.damaged import DAMAGED, Damaged
from support.kafka_access import KafkaAccess
from support.protos import message
from support.shop_types import AllDataReceived, DataReceived, DeviceWokeUp, Envelope

pytestmark = pytest.mark.registry

Refund = message("Refund")
CONF = {"use.deprecated.format": False}
SPACE = "com.shop"


@dataclass(frozen=True)
class Device:
    id: str


@dataclass(frozen=True)
class State:
    device: str
    name: str
    readings: int


ENVELOPES = [
    ("a", Envelope(DeviceWokeUp(), 1)),
    ("b", Envelope(DataReceived("pressure", 0.5), 2)),
    ("a", Envelope(DataReceived("warmth", 20.25), 3)),
    ("a", Envelope(AllDataReceived(), 4)),
    ("b", Envelope(DataReceived("pressure", 0.75), 5)),
]


@pytest.fixture
def client(real_registry: RestRegistry) -> Iterator[Any]:
    with SchemaRegistryClient({"url": real_registry.connection.url}) as made:
        yield made


def refund_of(envelope: Envelope) -> Any:
    match envelope.event:
        case DataReceived(name, value):
            return Refund(id=name, amount=value)
    return None


def state_of(device: Device, envelope: Envelope, before: State) -> State:
    return State(device.id, type(envelope.event).__name__, before.readings + 1)


def program() -> Topology:
    """Avro unions in; Protobuf, JSON Schema, and a store under Avro keys, out."""
    keys = Avro(Device, namespace=SPACE)
    builder = StreamsBuilder()
    events = builder.stream("events", Consumed(key=keys, value=Avro(Envelope, namespace=SPACE)))
    readings = events.filter(lambda _, envelope: isinstance(envelope.event, DataReceived))
    readings.map_values(refund_of).to("refunds", Produced(key=keys, value=Protobuf(Refund)))
    states = events.group_by_key(Grouped(key=keys)).aggregate(
        lambda: State("", "", 0),
        state_of,
        Materialized("states", key=keys, value=Avro(State)),
    )
    states.to_stream().to("states", Produced(key=keys, value=JsonSchema(State)))
    return builder.build()


def back() -> Topology:
    """Protobuf and JSON in, an Avro union out."""
    builder = StreamsBuilder()
    refunds = builder.stream("refunds-in", Consumed(key=str, value=Protobuf(Refund)))
    states = builder.stream("states-in", Consumed(key=str, value=JsonSchema(State)))
    received = refunds.map_values(lambda refund: Envelope(DataReceived(refund.id, refund.amount), 1))
    woken = states.map_values(lambda state: Envelope(DeviceWokeUp(), state.readings))
    received.merge(woken).to("events-out", Produced(key=str, value=Avro(Envelope, namespace=SPACE)))
    return builder.build()


def context(topic: str, field: str = MessageField.VALUE) -> SerializationContext:
    return SerializationContext(topic, field)


def produced(bootstrap: str, records: list[tuple[str, bytes, bytes]]) -> None:
    # librdkafka's own partitioner is another than Java's, and than ours.
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
    for topic, key, value in records:
        producer.produce(topic, value, key, headers=[("trace", b"7")])
    producer.flush()


def raw(access: KafkaAccess, topic: str) -> list[tuple[bytes, bytes]]:
    return [(bytes.fromhex(found.key or ""), bytes.fromhex(found.value or "")) for found in access.found(topic)]


def datum(envelope: Envelope) -> dict[str, Any]:
    """As Confluent's serializer wants it, which goes by fastavro's rules for unions."""
    name = f"{SPACE}.{type(envelope.event).__name__}"
    return {"event": (name, asdict(envelope.event)), "timestamp": envelope.timestamp}


def test_avro_unions_by_confluent_become_protobuf_and_json_that_confluent_reads(
    access: KafkaAccess, client: Any, registry_url: str
) -> None:
    access.create(events=2, refunds=2, states=2)
    write_key = AvroSerializer(client, Avro(Device, namespace=SPACE).text)
    write = AvroSerializer(client, Avro(Envelope, namespace=SPACE).text)
    produced(
        access.bootstrap,
        [
            (
                "events",
                write_key({"id": device}, context("events", MessageField.KEY)),
                write(datum(envelope), context("events")),
            )
            for device, envelope in ENVELOPES
        ],
    )
    access.run(program(), schema_registry=registry_url, memory_limit=0)

    read_key, read_refund = AvroDeserializer(client), ProtobufDeserializer(Refund, CONF)
    refunds = [
        (read_key(key, context("refunds", MessageField.KEY))["id"], read_refund(value, context("refunds")))
        for key, value in raw(access, "refunds")
    ]
    assert sorted((device, refund.id, refund.amount) for device, refund in refunds) == [
        ("a", "warmth", 20.25),
        ("b", "pressure", 0.5),
        ("b", "pressure", 0.75),
    ]
    read_state = JSONDeserializer(None, schema_registry_client=client)
    states = [read_state(value, context("states")) for _, value in raw(access, "states")]
    assert sorted((state["device"], state["readings"], state["name"]) for state in states) == [
        ("a", 1, "DeviceWokeUp"),
        ("a", 2, "DataReceived"),
        ("a", 3, "AllDataReceived"),
        ("b", 1, "DataReceived"),
        ("b", 2, "DataReceived"),
    ]
    subjects = client.get_subjects()
    assert {"app-states-changelog-key", "app-states-changelog-value", "states-value", "refunds-value"} <= set(subjects)
    partition_of = {found.key: found.partition for found in access.found("events")}
    assert {found.key: found.partition for found in access.found("states")} == partition_of


def test_protobuf_and_json_by_confluent_become_an_avro_union_that_confluent_reads(
    access: KafkaAccess, client: Any, registry_url: str
) -> None:
    access.create(**{"refunds-in": 1, "states-in": 1, "events-out": 1})
    refund = ProtobufSerializer(Refund, client, CONF)(Refund(id="warmth", amount=1.5), context("refunds-in"))
    state = JSONSerializer(JsonSchema(State).text, client)(asdict(State("d", "DeviceWokeUp", 9)), context("states-in"))
    produced(access.bootstrap, [("refunds-in", b"a", refund), ("states-in", b"b", state)])
    access.run(back(), schema_registry=registry_url)
    read = AvroDeserializer(client, return_record_name=True)
    found = {key: read(value, context("events-out")) for key, value in raw(access, "events-out")}
    assert found == {
        b"a": datum(Envelope(DataReceived("warmth", 1.5), 1)),
        b"b": {"event": (f"{SPACE}.DeviceWokeUp", {}), "timestamp": 9},
    }


@pytest.mark.parametrize("case", DAMAGED, ids=lambda case: case.name)
def test_dead_letters_on_brokers_are_shown_with_field_and_schema(
    access: KafkaAccess,
    real_registry: RestRegistry,
    case: Damaged,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    access.create(**{"in": 1, "out": 1})
    app = access.app(copying(case), schema_registry=real_registry.connection.url, on_decode_error="dlq")
    source = next(node for node in app.topology.nodes.values() if getattr(node, "consume", None))
    good = source.consume.value_format.encoder("in", is_key=False)(case.value)
    produced(access.bootstrap, [("in", b"k", good), ("in", b"k", case.damage(good)), ("in", b"k", good)])
    app.run(until_end=True)
    assert [value for _, value in raw(access, "out")] == [good, good]

    monkeypatch.setenv("HEADRACE_BOOTSTRAP", access.bootstrap)
    (tmp_path / "cli").mkdir()
    with command_line(tmp_path / "cli", monkeypatch, capsys) as cli:
        shown = cli.ok("dlq", "show", "app", "0@0", "--json").json
    assert (shown["value_hex"], shown["headers"]) == (case.damage(good).hex(), [["trace", "7"]])
    schema_id = int.from_bytes(good[1:5], "big") if case.has_schema else None
    assert (shown["part"], shown["field"], shown["schema_id"]) == ("value", case.field, schema_id)


def copying(case: Damaged) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in", Consumed(key=str, value=case.form)).to("out", Produced(key=str, value=case.form))
    return builder.build()
