"""Protobuf and JSON Schema to and from Confluent's own Python serializers, through a real registry."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from headrace.formats import JsonSchema, Protobuf
from headrace.formats.registry import InRegistry, RestRegistry, SchemaKind
from support.protos import message

CONTEXT = SerializationContext("orders", MessageField.VALUE)
ORDER = message("Order")(id="o", lines=[{"name": "a"}], state=1, cash={"cents": 5}, extras={"x": 1}, at={"seconds": 1})
REFUND = message("Refund")(id="r", amount=1.5)
CONF = {"use.deprecated.format": False}


@dataclass
class Line:
    name: str
    count: int


@pytest.fixture
def client(real_registry: RestRegistry) -> Iterator[Any]:
    with SchemaRegistryClient({"url": real_registry.connection.url}) as made:
        yield made


@pytest.mark.parametrize("value", [ORDER, REFUND], ids=["first message", "second message"])
def test_confluent_reads_messages_that_are_written(real_registry: RestRegistry, value: Any):
    data = Protobuf(type(value), InRegistry(registry=real_registry)).encoder("orders", is_key=False)(value)
    assert real_registry.version("orders-value").schema.kind is SchemaKind.PROTOBUF
    # Without its client: that asks for schemas in base64 (`format=serialized`), which Apicurio does not know.
    assert ProtobufDeserializer(type(value), CONF)(data, CONTEXT) == value


@pytest.mark.parametrize("value", [ORDER, REFUND], ids=["first message", "second message"])
def test_messages_that_confluent_writes_are_read(real_registry: RestRegistry, client: Any, value: Any):
    data = ProtobufSerializer(type(value), client, CONF)(value, CONTEXT)
    typed = Protobuf(type(value), InRegistry(registry=real_registry)).decoder("orders", is_key=False)
    assert typed(data) == value
    any_message = Protobuf(use=InRegistry(registry=real_registry)).decoder("orders", is_key=False)
    assert any_message(data).SerializeToString(deterministic=True) == value.SerializeToString(deterministic=True)


def test_typed_values_become_messages_that_the_registry_takes(real_registry: RestRegistry):
    form = Protobuf(Line, InRegistry(registry=real_registry), package="shop")
    data = form.encoder("lines", is_key=False)(Line("a", 2))
    assert form.decoder("lines", is_key=False)(data) == Line("a", 2)
    assert Protobuf(use=InRegistry(registry=real_registry)).decoder("lines", is_key=False)(data).count == 2


def test_json_goes_both_ways(real_registry: RestRegistry, client: Any):
    form = JsonSchema(Line, InRegistry(registry=real_registry))
    ours = form.encoder("orders", is_key=False)(Line("a", 2))
    assert JSONDeserializer(form.text, schema_registry_client=client)(ours, CONTEXT) == {"name": "a", "count": 2}
    theirs = JSONSerializer(form.text, client)(asdict(Line("b", 3)), CONTEXT)
    assert form.decoder("orders", is_key=False)(theirs) == Line("b", 3)
    assert theirs[:5] == ours[:5]
