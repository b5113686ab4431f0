"""Random types and values to and from Confluent's own serializers, over a registry's REST interface."""

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from hypothesis import assume, given, settings

from headrace.formats import Avro, JsonSchema, Protobuf
from headrace.formats.registry import InRegistry
from support.random_types import json_objects, proto_messages, records, with_values
from support.registry_server import RegistryServer, registry_server

CONF = {"use.deprecated.format": False}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[RegistryServer]:
    with registry_server() as serving:
        yield serving


@pytest.fixture(scope="module")
def client(server: RegistryServer) -> Iterator[Any]:
    with SchemaRegistryClient({"url": server.url}) as made:
        yield made


def _topic() -> tuple[str, SerializationContext]:
    topic = f"t{next(_numbers)}"
    return topic, SerializationContext(topic, MessageField.VALUE)


@settings(max_examples=20, deadline=None)
@given(typed=with_values(records()))
def test_avro(server: RegistryServer, client: Any, typed: tuple[Any, Any]):
    of, value = typed
    topic, context = _topic()
    form = Avro(of, InRegistry(registry=server.registry))
    data = form.encoder(topic, is_key=False)(value)
    assume(len(data) > 5)  # Confluent's takes a record without fields for data without a header
    read = AvroDeserializer(client, return_record_name=True)(data, context)
    written = AvroSerializer(client, form.text)(read, context)
    assert form.decoder(topic, is_key=False)(written) == value


@settings(max_examples=20, deadline=None)
@given(typed=with_values(proto_messages()))
def test_protobuf(server: RegistryServer, client: Any, typed: tuple[Any, Any]):
    of, value = typed
    topic, context = _topic()
    form = Protobuf(of, InRegistry(registry=server.registry))
    data = form.encoder(topic, is_key=False)(value)
    read = ProtobufDeserializer(form.message, CONF)(data, context)
    written = ProtobufSerializer(form.message, client, CONF)(read, context)
    assert form.decoder(topic, is_key=False)(written) == value


@settings(max_examples=20, deadline=None)
@given(typed=with_values(json_objects()))
def test_json_schema(server: RegistryServer, client: Any, typed: tuple[Any, Any]):
    of, value = typed
    topic, context = _topic()
    form = JsonSchema(of, InRegistry(registry=server.registry))
    data = form.encoder(topic, is_key=False)(value)
    read = JSONDeserializer(form.text, schema_registry_client=client)(data, context)
    assert read == msgspec.json.decode(data[5:])
    written = JSONSerializer(form.text, client)(read, context)
    assert form.decoder(topic, is_key=False)(written) == value
