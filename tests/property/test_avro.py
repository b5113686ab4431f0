import io
from typing import Any

import fastavro
from hypothesis import given, settings

from headrace.formats import Avro
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry
from support.random_types import records, with_values


@settings(max_examples=60, deadline=None)
@given(with_values(records()))
def test_what_is_written_is_read_back_equal(typed: tuple[Any, Any]):
    of, value = typed
    form = Avro(of, PLAIN)
    data = form.encoder("t", is_key=False)(value)
    assert form.decoder("t", is_key=False)(data) == value


@settings(max_examples=40, deadline=None)
@given(with_values(records()))
def test_fastavro_reads_what_is_written_and_the_other_way_round(typed: tuple[Any, Any]):
    of, value = typed
    form = Avro(of, PLAIN)
    data = form.encoder("t", is_key=False)(value)
    schema = fastavro.parse_schema(form.schema)
    # Not return_named_type: fastavro's writer refuses what its reader gives with it for an enum inside a list of a union.
    datum = fastavro.schemaless_reader(io.BytesIO(data), schema, None, return_record_name=True)
    written = io.BytesIO()
    fastavro.schemaless_writer(written, schema, datum)
    assert form.decoder("t", is_key=False)(written.getvalue()) == value


@settings(max_examples=25, deadline=None)
@given(with_values(records()))
def test_resolution_of_a_schema_with_itself_changes_nothing(typed: tuple[Any, Any]):
    of, value = typed
    registry = EmbeddedRegistry()
    try:
        data = Avro(of, InRegistry(registry=registry), namespace="one").encoder("t", is_key=False)(value)
        assert Avro(of, InRegistry(registry=registry), namespace="two").decoder("t", is_key=False)(data) == value
    finally:
        registry.close()
