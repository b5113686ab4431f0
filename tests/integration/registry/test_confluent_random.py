"""Random types and values to and from Confluent's Avro serializers."""

import uuid
from typing import Any

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from hypothesis import assume, given, settings

from headrace.formats import Avro
from headrace.formats.registry import InRegistry, RestRegistry
from support.random_types import records, with_values


@settings(max_examples=15, deadline=None)
@given(with_values(records()))
def test_confluent_reads_what_is_written_and_the_other_way_round(registry_url: str, typed: tuple[Any, Any]):
    of, value = typed
    topic = f"t-{uuid.uuid4()}"
    context = SerializationContext(topic, MessageField.VALUE)
    form = Avro(of, InRegistry(registry=RestRegistry(registry_url)))
    data = form.encoder(topic, is_key=False)(value)
    assume(len(data) > 5)  # Confluent's takes a record without fields for data without a header
    with SchemaRegistryClient({"url": registry_url}) as client:
        read = AvroDeserializer(client, return_record_name=True)(data, context)
        written = AvroSerializer(client, form.text)(read, context)
    assert form.decoder(topic, is_key=False)(written) == value
