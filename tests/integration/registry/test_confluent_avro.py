"""What Confluent's own Python serializers write is read, and the other way round, through a real registry."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    record_subject_name_strategy,
    topic_record_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from headrace.formats import Avro
from headrace.formats.registry import InRegistry, RestRegistry
from support.shop_types import DataReceived, Envelope, Line, Order

ORDER = Order("o-1", Decimal("12.50"), datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), [Line("a", 1), Line("b", -2)])
NAME, COUNT = {"name": "name", "type": "string"}, {"name": "count", "type": "int"}
CONTEXT = SerializationContext("orders", MessageField.VALUE)


def _record(name: str, *fields: Any, **more: Any) -> str:
    return json.dumps({"type": "record", "name": name, **more, "fields": list(fields)})


@pytest.fixture
def client(real_registry: RestRegistry) -> Any:
    with SchemaRegistryClient({"url": real_registry.connection.url}) as made:
        yield made


def test_confluent_reads_what_is_written(real_registry: RestRegistry, client: Any):
    data = Avro(Order, InRegistry(registry=real_registry)).encoder("orders", is_key=False)(ORDER)
    assert AvroDeserializer(client)(data, CONTEXT) == asdict(ORDER)


def test_what_confluent_writes_is_read(real_registry: RestRegistry, client: Any):
    form = Avro(Order, InRegistry(registry=real_registry))
    data = AvroSerializer(client, form.text)(asdict(ORDER), CONTEXT)
    assert form.decoder("orders", is_key=False)(data) == ORDER
    assert form.encoder("orders", is_key=False)(ORDER) == data
    assert real_registry.versions("orders-value") == [1]


def test_unions_of_records_go_both_ways(real_registry: RestRegistry, client: Any):
    form = Avro(Envelope, InRegistry(registry=real_registry), namespace="demo")
    ours = form.encoder("events", is_key=False)(Envelope(DataReceived("p", 0.5), 1))
    context = SerializationContext("events", MessageField.VALUE)
    theirs = AvroSerializer(client, form.text)(
        {"event": ("demo.DataReceived", {"name": "p", "value": 0.5}), "timestamp": 1}, context
    )
    assert ours == theirs
    assert AvroDeserializer(client, return_record_name=True)(ours, context)["event"] == (
        "demo.DataReceived",
        {"name": "p", "value": 0.5},
    )


def test_subject_names_are_those_of_confluent(real_registry: RestRegistry, client: Any):
    strategies: tuple[tuple[Any, Any], ...] = (
        ("record", record_subject_name_strategy),
        ("topic-record", topic_record_subject_name_strategy),
    )
    for subjects, strategy in strategies:
        form = Avro(Line, InRegistry(subjects, registry=real_registry), namespace="shop")
        theirs = AvroSerializer(client, form.text, conf={"subject.name.strategy": strategy})({"name": "n", "count": 1}, CONTEXT)
        before = real_registry.subjects()
        assert form.encoder("orders", is_key=False)(Line("n", 1)) == theirs
        assert real_registry.subjects() == before


def test_schemas_with_references_are_read(real_registry: RestRegistry, client: Any):
    line = _record("Line", NAME, COUNT, namespace="shop")
    client.register_schema("line", Schema(line, "AVRO"))
    outer = _record("Basket", {"name": "lines", "type": {"type": "array", "items": "Line"}}, namespace="shop")
    schema = Schema(outer, "AVRO", [SchemaReference("shop.Line", "line", 1)])
    data = AvroSerializer(client, schema)({"lines": [{"name": "n", "count": 2}]}, CONTEXT)

    @dataclass
    class Basket:
        lines: list[Line]

    decode = Avro(Basket, InRegistry(registry=real_registry)).decoder("orders", is_key=False)
    assert decode(data) == Basket([Line("n", 2)])


def test_the_newest_version_is_written_by_both(real_registry: RestRegistry, client: Any):
    form = Avro(Line, InRegistry(registry=real_registry, writes="latest"))
    newer = _record("Line", {"name": "unit", "type": "string", "default": "kg"}, NAME, COUNT)
    client.register_schema("orders-value", Schema(newer, "AVRO"))
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    theirs = AvroSerializer(client, conf=conf)({"unit": "kg", "name": "n", "count": 1}, CONTEXT)
    assert form.encoder("orders", is_key=False)(Line("n", 1)) == theirs
