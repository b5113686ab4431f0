import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated
from uuid import UUID

import pytest
from google.protobuf import descriptor_pb2, text_format

from headrace.core.errors import ConfigurationError, DecodeError, EncodeError, IncompatibleSchemaError
from headrace.formats import Protobuf
from headrace.formats.protobuf import message_class
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry
from headrace.formats.registry.message_index import index_bytes, read_index
from headrace.formats.schema.marks import Digits, Number, int32
from headrace.formats.schema.proto_compatibility import changed_parts
from headrace.formats.schema.proto_print import proto_text
from headrace.formats.schema.proto_text import parsed_proto
from support.protos import HERE, descriptor_set, message

ORDER = message("Order")(
    id="o-1",
    lines=[{"name": "a", "count": 2}, {"name": "b"}],
    state=1,
    extras={"x": -5},
    cash={"cents": 1250},
    at={"seconds": 5},
    raw=b"\xff",
    number=2**63,
)


class Color(Enum):
    RED = "r"
    BLUE = "b"


@dataclass
class WokeUp:
    pass


@dataclass
class Received:
    name: str
    value: float


@dataclass
class Event:
    id: int
    event: WokeUp | Received
    small: int32
    flag: bool
    raw: bytes
    at: datetime
    day: date
    hour: time
    uid: UUID
    price: Annotated[Decimal, Digits(10, 2)]
    color: Color
    tags: list[str] = field(default_factory=list)
    readings: list[Received] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    colors: dict[str, Color] = field(default_factory=dict)
    named: dict[str, Received] = field(default_factory=dict)
    note: str | None = None
    size: int = 7
    maybe: WokeUp | Received | None = None
    one: Received | None = None


EVENT = Event(
    id=-1,
    event=Received("t", 0.5),
    small=-7,
    flag=True,
    raw=b"\x00",
    at=datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
    day=date(2020, 2, 29),
    hour=time(1, 2, 3, 4),
    uid=UUID(int=9),
    price=Decimal("1.50"),
    color=Color.BLUE,
    tags=["x"],
    readings=[Received("r", 1.0)],
    moments=[datetime(2020, 1, 1, tzinfo=UTC)],
    colors={"sky": Color.BLUE},
    named={"n": Received("m", 2.0)},
)


@pytest.fixture
def registry():
    with_schemas = EmbeddedRegistry()
    yield with_schemas
    with_schemas.close()


def plain(of):
    form = Protobuf(of, PLAIN)
    return form.encoder("t", is_key=False), form.decoder("t", is_key=False)


def test_messages_come_back_equal():
    encode, decode = plain(message("Order"))
    assert decode(encode(ORDER)) == ORDER
    assert encode(ORDER) == ORDER.SerializeToString()


@pytest.mark.parametrize(
    "change", [{}, {"note": "", "size": 0}, {"maybe": WokeUp()}, {"maybe": Received("", 0.0), "one": Received("q", 1.0)}]
)
def test_typed_values_come_back_equal(change):
    encode, decode = plain(Event)
    value = replace(EVENT, **change)
    assert decode(encode(value)) == value


def test_fields_that_were_not_written_have_their_defaults():
    @dataclass
    class Old:
        id: int

    @dataclass
    class New:
        id: int
        size: int = 7
        text: str = ""
        note: str | None = None

    old, new = Protobuf(Old, PLAIN), Protobuf(New, PLAIN)
    assert new.decoder("t", is_key=False)(old.encoder("t", is_key=False)(Old(3))) == New(3)


def test_numbers_of_fields_can_be_given():
    @dataclass
    class Numbered:
        a: Annotated[int, Number(5)]
        b: int

    assert Protobuf(Numbered, PLAIN).encoder("t", is_key=False)(Numbered(1, 2)) == b"\x28\x01\x30\x02"


def test_records_begin_with_the_id_and_the_index_of_the_message(registry):
    form = Protobuf(message("Refund"), InRegistry(registry=registry))
    data = form.encoder("refunds", is_key=False)(message("Refund")(id="r", amount=1.0))
    assert data[5:7] == b"\x02\x02"  # one place, and that is 1
    assert form.decoder("refunds", is_key=False)(data).amount == 1.0
    order = Protobuf(message("Order"), InRegistry(registry=registry)).encoder("orders", is_key=False)(ORDER)
    assert order[5:6] == b"\x00"


def test_nested_messages_have_an_index_of_several_places():
    line = message("Order").DESCRIPTOR.nested_types_by_name["Line"]
    order = message("Order").DESCRIPTOR
    assert read_index(index_bytes(line) + b"x", 0) == ((0, [each.name for each in order.nested_types].index("Line")), 3)


def test_imports_become_references(registry):
    Protobuf(message("Order"), InRegistry(registry=registry)).encoder("orders", is_key=False)(ORDER)
    (reference,) = registry.version("orders-value").schema.references
    assert reference == ("money.proto", "money.proto", 1)


def test_any_schema_of_the_registry_can_be_read(registry):
    data = Protobuf(message("Order"), InRegistry(registry=registry)).encoder("orders", is_key=False)(ORDER)
    read = Protobuf(use=InRegistry(registry=registry)).decoder("orders", is_key=False)(data)
    assert text_format.MessageToString(read) == text_format.MessageToString(ORDER)
    typed = Protobuf(Event, InRegistry(registry=registry)).encoder("events", is_key=False)(EVENT)
    assert Protobuf(use=InRegistry(registry=registry)).decoder("events", is_key=False)(typed).event_received.value == 0.5


def test_several_messages_of_a_topic_are_told_apart(registry):
    form = Protobuf(message("Order") | message("Refund"), InRegistry("record", registry=registry))
    encode, decode = form.encoder("t", is_key=False), form.decoder("t", is_key=False)
    for value in (ORDER, message("Refund")(id="r")):
        assert decode(encode(value)) == value
    typed = Protobuf(WokeUp | Received, InRegistry("record", registry=registry))
    encode, decode = typed.encoder("t", is_key=False), typed.decoder("t", is_key=False)
    assert [decode(encode(each)) for each in (WokeUp(), Received("a", 1.0))] == [WokeUp(), Received("a", 1.0)]
    with pytest.raises(DecodeError, match=r"a shop\.Order is none of WokeUp, Received"):
        decode(form.encoder("t", is_key=False)(ORDER))


def test_classes_can_be_made_from_a_compiled_schema():
    made = message_class(descriptor_set(), "shop.Order")
    encode, decode = plain(made)
    assert decode(encode(made(id="x"))).id == "x"
    with pytest.raises(ConfigurationError, match=r"no message 'shop\.None'"):
        message_class(descriptor_set(), "shop.None")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"small": 2**31}, "field small: 2147483648 does not fit into 32 bits"),
        ({"event": "x"}, "field event: 'x' of type str is none"),
        ({"at": datetime(2020, 1, 1)}, "time zone"),  # noqa: DTZ001
    ],
)
def test_values_that_do_not_fit_are_refused(change, why):
    encode, _ = plain(Event)
    with pytest.raises(EncodeError, match=why):
        encode(replace(EVENT, **change))


def test_messages_of_another_class_are_refused():
    encode, _ = plain(message("Order"))
    with pytest.raises(EncodeError, match="expected Order, got Refund"):
        encode(message("Refund")())


def test_undecodable_bytes_name_the_field(registry):
    form = Protobuf(message("Order"), InRegistry(registry=registry))
    data = form.encoder("orders", is_key=False)(ORDER)
    decode = form.decoder("orders", is_key=False)
    with pytest.raises(
        DecodeError, match=r"field number: the data ends: 8 bytes wanted \(written with schema id 2\)"
    ) as failed:
        decode(data[:-1])
    assert (failed.value.field, failed.value.schema_id) == ("number", 2)
    broken = data.replace(b"\x0a\x01b", b"\x0a\x01\xff")
    with pytest.raises(DecodeError, match=r"field lines\.name: no UTF-8"):
        decode(broken)


@pytest.mark.parametrize("of", [int, list[str], dict[str, list[int]]])
def test_types_without_a_message_are_refused(of):
    with pytest.raises(ConfigurationError):
        Protobuf(of)


def test_lists_of_lists_are_refused():
    @dataclass
    class Deep:
        a: list[list[int]]

    with pytest.raises(ConfigurationError, match=r"Deep\.a: Protobuf has no lists"):
        Protobuf(Deep)


def test_text_of_a_schema_is_read_back_the_same():
    parsed = parsed_proto((HERE / "shop.proto").read_text())
    again = parsed_proto(proto_text(parsed))
    assert again == parsed
    assert [each.name for each in parsed.message_type] == ["Order", "Refund"]
    assert [each.name for each in parsed.message_type[0].oneof_decl] == ["payment"]


def test_a_schema_as_text_and_as_a_descriptor_are_the_same():
    text = (HERE / "shop.proto").read_text()
    parts = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file
    encoded = base64.b64encode(next(file for file in parts if file.name == "shop.proto").SerializeToString()).decode()
    assert changed_parts(text, encoded) == changed_parts(encoded, text) == []


PERSON = 'syntax = "proto3"; message P { string name = 1; int32 age = 2; }'


@pytest.mark.parametrize(
    ("new", "rule"),
    [
        ('syntax = "proto3"; message P { string name = 1; int64 age = 2; string more = 3; }', None),
        ('syntax = "proto3"; message P { string name = 1; string age = 2; }', "FIELD_SCALAR_KIND_CHANGED"),
        ('syntax = "proto3"; message P { repeated string name = 1; int32 age = 2; }', "FIELD_LABEL_CHANGED"),
        ('syntax = "proto3"; message Q { string name = 1; }', "MESSAGE_REMOVED"),
        ('syntax = "proto2"; message P { required string more = 3; }', "REQUIRED_FIELD_ADDED"),
    ],
)
def test_changes_of_a_schema_are_judged_by_number_and_type(new, rule):
    found = changed_parts(new, PERSON)
    assert found == [] if rule is None else rule in found[0]


def test_an_incompatible_message_is_refused_before_anything_is_written(registry):
    @dataclass
    class Reading:
        value: str

    other = type("Reading", (), {"__annotations__": {"value": float}, "__module__": __name__})
    Protobuf(Reading, InRegistry(registry=registry)).encoder("t", is_key=False)(Reading("x"))
    with pytest.raises(IncompatibleSchemaError, match=r"field Reading\.value: FIELD_SCALAR_KIND_CHANGED"):
        Protobuf(dataclass(other), InRegistry(registry=registry)).encoder("t", is_key=False)
