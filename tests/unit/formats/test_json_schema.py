from dataclasses import dataclass

import msgspec
import pytest

from headrace.core.errors import ConfigurationError, DecodeError, EncodeError, IncompatibleSchemaError
from headrace.formats import JsonSchema
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry
from headrace.formats.schema.json_compatibility import narrowed_parts


@dataclass
class Line:
    name: str
    count: int


@dataclass
class Order:
    id: str
    lines: list[Line]
    note: str | None = None


class WokeUp(msgspec.Struct, tag=True):
    at: int


class Received(msgspec.Struct, tag=True):
    at: int
    value: float


class Tree(msgspec.Struct):
    name: str
    children: list["Tree"] = []


ORDER = Order("o", [Line("a", 1)])
SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "lines": {"type": "array", "items": {"type": "integer"}}},
    "required": ["id"],
}


@pytest.fixture
def registry():
    with_schemas = EmbeddedRegistry()
    yield with_schemas
    with_schemas.close()


def test_typed_values_come_back_equal(registry):
    form = JsonSchema(Order, InRegistry(registry=registry))
    encode, decode = form.encoder("orders", is_key=False), form.decoder("orders", is_key=False)
    data = encode(ORDER)
    assert data[:5] == b"\0\0\0\0\1"
    assert decode(data) == ORDER
    assert registry.version("orders-value").schema.kind == "JSON"


def test_classes_stand_at_the_top_of_their_schema():
    assert JsonSchema(Order).schema["properties"]["lines"]["items"] == {"$ref": "#/definitions/Line"}
    assert JsonSchema(Tree).schema["$ref"] == "#/definitions/Tree"


def test_unions_of_tagged_structs_are_told_apart(registry):
    form = JsonSchema(WokeUp | Received, InRegistry(registry=registry))
    encode, decode = form.encoder("t", is_key=False), form.decoder("t", is_key=False)
    assert [decode(encode(event)) for event in (WokeUp(1), Received(2, 0.5))] == [WokeUp(1), Received(2, 0.5)]


def test_plain_values_are_checked_both_ways():
    form = JsonSchema(schema=SCHEMA, use=PLAIN)
    encode, decode = form.encoder("t", is_key=False), form.decoder("t", is_key=False)
    assert decode(encode({"id": "x", "lines": [1]})) == {"id": "x", "lines": [1]}
    with pytest.raises(EncodeError, match=r"field lines\[1\]: 'x' is not of type 'integer'"):
        encode({"id": "x", "lines": [1, "x"]})
    with pytest.raises(DecodeError, match="field id: 5 is not of type 'string'"):
        decode(b'{"id":5}')


def test_without_a_schema_the_newest_of_the_subject_counts(registry):
    JsonSchema(schema=SCHEMA, use=InRegistry(registry=registry)).encoder("t", is_key=False)({"id": "x"})
    form = JsonSchema(use=InRegistry(registry=registry))
    assert form.decoder("t", is_key=False)(form.encoder("t", is_key=False)({"id": "y"})) == {"id": "y"}
    with pytest.raises(EncodeError, match="'id' is a required property"):
        form.encoder("t", is_key=False)({})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"id":"o","lines":[{"name":"a","count":"x"}]}', r"field lines\[0\]\.count: Expected `int`"),
        (b'{"lines":[]}', "missing required field `id`"),
        (b'{"id', "truncated"),
    ],
)
def test_undecodable_text_names_the_field_and_the_schema_id(registry, text, why):
    decode = JsonSchema(Order, InRegistry(registry=registry)).decoder("t", is_key=False)
    with pytest.raises(DecodeError, match=rf"{why}.*schema id 7") as failed:
        decode(b"\0\0\0\0\7" + text)
    assert failed.value.schema_id == 7


def test_bytes_without_a_header_are_refused(registry):
    decode = JsonSchema(Order, InRegistry(registry=registry)).decoder("t", is_key=False)
    for data in (b"{}", b"", b"\0\0"):
        with pytest.raises(DecodeError):
            decode(data)


def test_an_incompatible_schema_is_refused(registry):
    JsonSchema(schema=SCHEMA, use=InRegistry(registry=registry)).encoder("t", is_key=False)({"id": "x"})
    with pytest.raises(IncompatibleSchemaError, match="field lines: REQUIRED_ATTRIBUTE_ADDED"):
        JsonSchema(schema={**SCHEMA, "required": ["id", "lines"]}, use=InRegistry(registry=registry)).encoder("t", is_key=False)


def test_what_is_no_schema_is_refused():
    for wrong in ("{", {"type": "nothing"}):
        with pytest.raises(ConfigurationError, match="no JSON Schema"):
            JsonSchema(schema=wrong)
    with pytest.raises(ConfigurationError):
        JsonSchema(object)


@pytest.mark.parametrize(
    ("reader", "writer", "rule"),
    [
        ({"type": "number"}, {"type": "integer"}, None),
        ({"type": "integer"}, {"type": "number"}, "TYPE_NARROWED"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, None),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "ENUM_ARRAY_NARROWED"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string"}, None),
        ({"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "SUM_TYPE_NARROWED"),
        ({"maximum": 5}, {"maximum": 6}, "MAXIMUM_NARROWED"),
        ({"maximum": 6}, {"maximum": 5}, None),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"properties": {"a": {}, "b": {}}, "additionalProperties": False},
            "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
        ),
        (True, {"type": "string"}, None),
    ],
)
def test_a_reader_may_allow_more_and_not_less(reader, writer, rule):
    found = narrowed_parts(reader, writer)
    assert found == [] if rule is None else rule in found[0]
