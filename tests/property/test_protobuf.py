from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.formats import Protobuf
from headrace.formats.protobuf_files import registered_class
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry
from support.protos import message
from support.random_types import proto_messages, with_values


@settings(max_examples=60, deadline=None)
@given(with_values(proto_messages()))
def test_typed_values_come_back_equal(typed: tuple[Any, Any]):
    of, value = typed
    form = Protobuf(of, PLAIN)
    assert form.decoder("t", is_key=False)(form.encoder("t", is_key=False)(value)) == value


@settings(max_examples=40, deadline=None)
@given(with_values(proto_messages()))
def test_the_text_of_a_schema_reads_what_was_written_under_its_class(typed: tuple[Any, Any]):
    of, value = typed
    registry = EmbeddedRegistry()
    try:
        data = Protobuf(of, InRegistry(registry=registry)).encoder("t", is_key=False)(value)
        made = registered_class(registry.version("t-value").schema, registry, (0,))
        again = made.FromString(data[6:]).SerializeToString(deterministic=True)
        assert sorted(again) == sorted(data[6:])
    finally:
        registry.close()


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8")), st.floats(allow_nan=False))
def test_generated_classes_read_and_write_the_same(name: str, amount: float):
    refund = message("Refund")(id=name, amount=amount)
    form = Protobuf(message("Refund"), PLAIN)
    data = form.encoder("t", is_key=False)(refund)
    assert message("Refund").FromString(data) == form.decoder("t", is_key=False)(refund.SerializeToString()) == refund
