from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.formats import Protobuf
from headrace.formats.protobuf_files import registered_class
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry
from support.protos import message
from support.random_types import SCALARS, Typed, record_of, union_of, with_values

FLAT = st.sampled_from(SCALARS)


def _types() -> st.SearchStrategy[Typed]:
    inner = st.lists(st.tuples(FLAT, st.booleans()), max_size=3).map(record_of)
    unions = st.lists(inner, min_size=2, max_size=3).map(union_of)
    lists = (FLAT | inner).map(lambda item: Typed(list[item.of], st.lists(item.values, max_size=3)))
    plain = st.tuples(FLAT | inner | unions, st.booleans()) | st.tuples(lists, st.just(False))
    return st.lists(plain, max_size=4).map(record_of)


@settings(max_examples=60, deadline=None)
@given(with_values(_types()))
def test_typed_values_come_back_equal(typed: tuple[Any, Any]):
    of, value = typed
    form = Protobuf(of, PLAIN)
    assert form.decoder("t", is_key=False)(form.encoder("t", is_key=False)(value)) == value


@settings(max_examples=40, deadline=None)
@given(with_values(_types()))
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
