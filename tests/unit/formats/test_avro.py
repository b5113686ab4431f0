import io
import json
from dataclasses import dataclass, field, make_dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from itertools import product
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import fastavro
import msgspec
import pytest

from headrace.core.errors import ConfigurationError, DecodeError, EncodeError
from headrace.formats import Avro
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry, Schema
from headrace.formats.schema.marks import Alias, Digits, float32, int32, time_millis, timestamp_millis
from support.shop_types import AllDataReceived, DataReceived, DeviceWokeUp, Envelope


class Color(Enum):
    RED = "r"
    BLUE = "b"


class Node(msgspec.Struct):
    value: int
    children: list["Node"] = []


class Point(NamedTuple):
    x: int
    y: int = 7


class Movie(TypedDict):
    title: str
    year: int


@dataclass
class Everything:
    narrow: int32
    wide: int
    single: float32
    double: float
    text: str
    raw: bytes
    flag: bool
    color: Color
    at: datetime
    at_ms: timestamp_millis
    day: date
    hour: time
    hour_ms: time_millis
    uid: UUID
    price: Annotated[Decimal, Digits(10, 2)]
    point: Point
    movie: Movie
    size: Literal["s", "m"]
    tags: set[str]
    names: tuple[str, ...] = ()
    note: str | None = None
    choice: int | str | Color | DeviceWokeUp | None = None
    readings: list[DataReceived] = field(default_factory=list)
    colors: dict[str, Color] = field(default_factory=dict)
    inner: Envelope | None = None


VALUE = Everything(
    narrow=-5,
    wide=2**60,
    single=0.5,
    double=1.1,
    text="é",
    raw=b"\x00\xff",
    flag=True,
    color=Color.BLUE,
    at=datetime(2020, 1, 1, 1, 2, 3, 456789, UTC),
    at_ms=datetime(2020, 1, 1, 1, 2, 3, 456000, UTC),
    day=date(2020, 2, 29),
    hour=time(23, 59, 59, 999999),
    hour_ms=time(1, 2, 3, 4000),
    uid=UUID(int=5),
    price=Decimal("-12.50"),
    point=Point(1),
    movie={"title": "Alien", "year": 1979},
    size="m",
    tags={"a"},
    names=("x", "y"),
    choice=Color.RED,
    readings=[DataReceived("p", 1.5)],
    colors={"sky": Color.BLUE},
    inner=Envelope(DataReceived("t", -1.0), 3),
)


def plain(of: Any, **settings: Any) -> tuple[Any, Any]:
    form = Avro(of, PLAIN, **settings)
    return form.encoder("t", is_key=False), form.decoder("t", is_key=False)


def named(cls: type, name: str) -> type:
    cls.__name__ = name
    return cls


@pytest.fixture
def registry():
    with_schemas = EmbeddedRegistry()
    yield with_schemas
    with_schemas.close()


@pytest.mark.parametrize(
    "change", [{}, {"choice": 5}, {"choice": "s"}, {"choice": DeviceWokeUp()}, {"inner": None, "note": "n"}]
)
def test_every_kind_of_field_comes_back_equal(change):
    encode, decode = plain(Everything)
    value = replace(VALUE, **change)
    assert decode(encode(value)) == value


def test_fastavro_reads_what_is_written():
    form = Avro(Everything, PLAIN)
    data = form.encoder("t", is_key=False)(VALUE)
    read = fastavro.schemaless_reader(io.BytesIO(data), fastavro.parse_schema(form.schema), None)
    assert read["wide"] == 2**60
    assert read["price"] == Decimal("-12.50")
    assert read["color"] == "BLUE"
    assert read["at"] == VALUE.at


@dataclass
class Shade:
    color: Color | str | None


_SHADES = (Shade(Color.BLUE), Shade("BLUE"), Shade(None))
_LEAVES: list[tuple[Any, tuple[Any, ...]]] = [(Color, (Color.BLUE,)), (Shade, _SHADES), (Point, (Point(1),)), (str, ("RED",))]
_AROUND = {
    "optional": lambda of, values: (of | None, (*values, None)),
    "list": lambda of, values: (list[of], (list(values), [])),
    "map": lambda of, values: (dict[str, of], ({str(at): value for at, value in enumerate(values)}, {})),
    "union": lambda of, values: (of | int | Envelope, (*values, 5, Envelope(DataReceived("a", 1.0), 1))),
}


@pytest.mark.parametrize("around", list(product(_AROUND, repeat=3)), ids="-".join)
def test_lists_maps_and_unions_nest_in_any_order(around):
    for leaf in _LEAVES:
        of, values = leaf
        for name in around:
            of, values = _AROUND[name](of, values)
        encode, decode = plain(of)
        schema = fastavro.parse_schema({"type": "record", "name": "W", "fields": [{"name": "v", "type": Avro(of).schema}]})
        for value in values:
            data = encode(value)
            assert decode(data) == value
            buffer = io.BytesIO(data)
            fastavro.schemaless_reader(buffer, schema, None)
            assert buffer.tell() == len(data)


@pytest.mark.parametrize("value", [5, 5.0, 2**53 + 1, date(1970, 1, 6), True, "BLUE", Color.BLUE, b"BLUE", None])
def test_members_of_a_union_that_look_alike_are_not_taken_for_each_other(value):
    of = Color | date | bytes | float | bool | int | str | None
    for around, whole in ((of, value), (list[of] | None, [value]), (dict[str, of] | None, {"a": value})):
        encode, decode = plain(around)
        found = decode(encode(whole))
        assert found == whole
        inner = found[0] if isinstance(whole, list) else found["a"] if isinstance(whole, dict) else found
        assert type(inner) is type(value)


@pytest.mark.parametrize("of_registry", [(Color, list[Color], int), (Color | None, list[Color | None] | None, int | None)])
@pytest.mark.parametrize("of_program", [(Color, list[Color], int), (Color | None, list[Color | None] | None, int | None)])
def test_the_newest_schema_of_the_subject_says_where_the_unions_are(registry, of_registry, of_program):
    def drawing(types):
        return make_dataclass("Drawing", zip(("ink", "inks", "id"), types, strict=True))

    theirs, ours = drawing(of_registry), drawing(of_program)
    parts = (Color.RED, [Color.BLUE], 2**40)
    Avro(theirs, InRegistry(registry=registry)).encoder("t", is_key=False)(theirs(*parts))
    data = Avro(ours, InRegistry(registry=registry, writes="latest")).encoder("t", is_key=False)(ours(*parts))
    assert data[:5] == b"\0\0\0\0\x01"
    assert Avro(theirs, InRegistry(registry=registry)).decoder("t", is_key=False)(data) == theirs(*parts)


def test_a_map_of_records_with_enums_may_be_optional():
    @dataclass
    class Shades:
        by_name: dict[str, Shade] | None

    encode, decode = plain(Shades)
    for value in (Shades({"": Shade(Color.RED)}), Shades(None)):
        assert decode(encode(value)) == value


def test_a_datum_of_no_record_that_does_not_fit_is_refused():
    encode = Avro(schema={"type": "map", "values": ["null", "int"]}, use=PLAIN).encoder("t", is_key=False)
    assert encode({"a": 5}) == b"\x02\x02a\x02\x0a\0"
    with pytest.raises(EncodeError, match=r"dict cannot be written: .*text"):
        encode({"a": "text"})


def test_members_of_a_union_are_told_apart_by_match():
    encode, decode = plain(Envelope)
    found = []
    for event in (DeviceWokeUp(), DataReceived("p", 0.5), AllDataReceived()):
        match decode(encode(Envelope(event, 1))).event:
            case DeviceWokeUp():
                found.append("woke")
            case DataReceived(name, value):
                found.append((name, value))
            case AllDataReceived():
                found.append("all")
    assert found == ["woke", ("p", 0.5), "all"]


def test_types_may_contain_themselves():
    encode, decode = plain(Node)
    tree = Node(1, [Node(2), Node(3, [Node(4)])])
    assert decode(encode(tree)) == tree


def test_a_schema_takes_dicts():
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
    form = Avro(schema=schema, use=PLAIN)
    assert form == Avro(schema=json.dumps(schema), use=PLAIN)
    data = form.encoder("t", is_key=False)({"a": 5})
    assert data == b"\x0a"
    assert form.decoder("t", is_key=False)(data) == {"a": 5}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"narrow": 2**31}, "narrow: 2147483648 does not fit into 32 bits"),
        ({"wide": 2**63}, "wide: 9223372036854775808 does not fit into 64 bits"),
        ({"wide": 1.5}, "wide: expected a whole number"),
        ({"wide": True}, "wide: expected a whole number"),
        ({"double": "1.5"}, "double: expected a number"),
        ({"flag": 1}, "flag: expected True or False"),
        ({"text": None}, "text: expected text"),
        ({"text": "\ud800"}, "text: "),
        ({"tags": "abc"}, "tags: expected set"),
        ({"at": datetime(2020, 1, 1)}, "at: .* has no time zone"),  # noqa: DTZ001 - the point of it
        ({"price": Decimal("1.255")}, "price: 1.255 does not fit into 10 digits"),
        ({"readings": [DataReceived("a", 1.0), DataReceived("a", "x")]}, r"readings\[1\].value: expected a number"),
        ({"colors": {"a": "BLUE"}}, r"colors\['a'\]: expected Color"),
        ({"choice": b"x"}, "choice: b'x' of type bytes is none"),
        ({"inner": Envelope("x", 1)}, "inner.event: 'x' of type str is none"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_field(change, place):
    encode, _ = plain(Everything)
    with pytest.raises(EncodeError, match=f"field {place}"):
        encode(replace(VALUE, **change))


@pytest.mark.parametrize(
    ("of_registry", "value"),
    [("int", 2**31), ("float", 1e300)],
)
def test_a_number_that_the_registry_s_schema_has_no_room_for_is_refused(registry, of_registry, value):
    of = make_dataclass("Count", [("n", int if of_registry == "int" else float)])
    schema = {"type": "record", "name": "Count", "fields": [{"name": "n", "type": of_registry}]}
    registry.register("t-value", Schema(json.dumps(schema)))
    encode = Avro(of, InRegistry(registry=registry, writes="latest")).encoder("t", is_key=False)
    encode(of(1))
    with pytest.raises(EncodeError, match="does not fit"):
        encode(of(value))


def test_undecodable_bytes_name_the_field():
    encode, decode = plain(Everything)
    data = encode(VALUE)
    for size in range(len(data)):
        with pytest.raises(DecodeError) as failed:
            decode(data[:size])
        assert failed.value.field is not None
    with pytest.raises(DecodeError, match="1 bytes are left behind its end"):
        decode(data + b"x")


def test_undecodable_bytes_name_the_schema_id(registry):
    form = Avro(Envelope, InRegistry(registry=registry))
    data = form.encoder("events", is_key=False)(Envelope(DataReceived("p", 0.5), 7))
    with pytest.raises(DecodeError, match=r"field event\.value: .* \(written with schema id 1\)") as failed:
        form.decoder("events", is_key=False)(data[:-5])
    assert (failed.value.field, failed.value.schema_id) == ("event.value", 1)


@pytest.mark.parametrize(
    ("data", "why"), [(b"{}", "zero byte"), (b"", "zero byte"), (b"\0\0", "too few"), (b"\0\0\0\0\x63a", "id 99")]
)
def test_bytes_without_a_header_or_with_an_unknown_id_are_refused(registry, data, why):
    with pytest.raises(Exception, match=why):
        Avro(Envelope, InRegistry(registry=registry)).decoder("events", is_key=False)(data)


def test_a_reader_with_another_schema_gets_defaults_aliases_and_wider_numbers(registry):
    @dataclass
    class Old:
        count: int32
        name: str
        gone: bool = True

    @dataclass
    class New:
        count: float
        title: Annotated[str, Alias("name")]
        color: Color = Color.BLUE
        price: Annotated[Decimal, Digits(6, 2)] = Decimal("2.50")
        tags: list[str] = field(default_factory=list)
        raw: bytes = b"\xff"
        event: DeviceWokeUp | DataReceived = DataReceived("x", 1.0)  # noqa: RUF009 - frozen

    data = Avro(named(Old, "Thing"), InRegistry(registry=registry)).encoder("t", is_key=False)(Old(5, "n"))
    decode = Avro(named(New, "Thing"), InRegistry(registry=registry)).decoder("t", is_key=False)
    assert decode(data) == New(5.0, "n")
    assert decode(data).tags is not decode(data).tags


def test_a_union_member_that_the_reader_does_not_know_is_named(registry):
    @dataclass
    class Few:
        event: DeviceWokeUp | DataReceived
        timestamp: int

    encode = Avro(Envelope, InRegistry(registry=registry)).encoder("t", is_key=False)
    decode = Avro(named(Few, "Envelope"), InRegistry(registry=registry)).decoder("t", is_key=False)
    assert decode(encode(Envelope(DataReceived("a", 1.0), 1))) == Few(DataReceived("a", 1.0), 1)
    with pytest.raises(DecodeError, match=r"field event: MISSING_UNION_BRANCH, .* AllDataReceived"):
        decode(encode(Envelope(AllDataReceived(), 1)))


def test_several_types_of_a_topic_have_subjects_of_their_own(registry):
    form = Avro(DeviceWokeUp | DataReceived | AllDataReceived, InRegistry("topic-record", registry=registry), namespace="d")
    encode, decode = form.encoder("events", is_key=False), form.decoder("events", is_key=False)
    for event in (DeviceWokeUp(), DataReceived("a", 1.0), AllDataReceived()):
        again = decode(encode(event))
        assert (type(again), again) == (type(event), event)
    assert registry.subjects() == ["events-d.AllDataReceived", "events-d.DataReceived", "events-d.DeviceWokeUp"]


def test_a_union_can_be_the_value_of_a_topic(registry):
    form = Avro(DeviceWokeUp | AllDataReceived, InRegistry(registry=registry))
    encode, decode = form.encoder("events", is_key=False), form.decoder("events", is_key=False)
    assert isinstance(decode(encode(AllDataReceived())), AllDataReceived)
    assert registry.subjects() == ["events-value"]


def test_keys_and_values_have_subjects_of_their_own(registry):
    form = Avro(Point, InRegistry(registry=registry))
    form.encoder("t", is_key=True)(Point(1))
    form.encoder("t", is_key=False)(Point(1))
    assert registry.subjects() == ["t-key", "t-value"]


def test_reads_any_schema_into_dicts(registry):
    data = Avro(Envelope, InRegistry(registry=registry)).encoder("t", is_key=False)(Envelope(DataReceived("a", 1.0), 1))
    assert Avro(use=InRegistry(registry=registry)).decoder("t", is_key=False)(data) == {
        "event": {"name": "a", "value": 1.0},
        "timestamp": 1,
    }


def test_without_a_schema_the_newest_of_the_subject_is_written(registry):
    Avro(Point, InRegistry(registry=registry)).encoder("t", is_key=False)(Point(1))
    form = Avro(use=InRegistry(registry=registry))
    data = form.encoder("t", is_key=False)({"x": 4, "y": 5})
    assert Avro(Point, InRegistry(registry=registry)).decoder("t", is_key=False)(data) == Point(4, 5)


def test_formats_are_equal_if_they_write_the_same():
    assert Avro(Envelope) == Avro(Envelope)
    assert hash(Avro(Envelope)) == hash(Avro(Envelope))
    assert Avro(Envelope) != Avro(Envelope, PLAIN)
    assert Avro(Envelope) != Avro(Envelope, namespace="n")
    assert repr(Avro(Envelope)) == "Avro(Envelope)"


def test_only_types_whose_equality_is_that_of_bytes_are_exact():
    assert Avro(Point).exact
    assert Avro(DeviceWokeUp).exact
    assert not Avro(DataReceived).exact  # 0.0 == -0.0
    assert not Avro(Node).exact


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (object, "no schema"),
        (dict[int, str], "texts for keys"),
        (list, "say what is in it"),
        (Decimal, "Digits"),
        (list[str] | list[int], "two kinds of array"),
    ],
)
def test_a_type_without_a_schema_is_refused(of, why):
    with pytest.raises(ConfigurationError) as refused:
        Avro(of)
    assert why in str(refused.value)


def test_two_classes_of_one_name_are_refused():
    @dataclass
    class Twice:
        a: Point
        b: Any

    other = named(type("Other", (), {}), "Point")
    Twice.__annotations__["b"] = dataclass(other)
    with pytest.raises(ConfigurationError, match="two classes are called Point"):
        Avro(Twice)


def test_a_format_without_a_registry_says_how_to_get_one():
    with pytest.raises(ConfigurationError, match="needs a schema registry") as refused:
        Avro(Point).encoder("t", is_key=False)
    assert "schema_registry" in str(refused.value)


def test_a_key_that_nobody_can_change_is_the_same_object_when_it_comes_again():
    @dataclass(frozen=True)
    class Key:
        id: str

    @dataclass
    class Changeable:
        id: str

    for cls, same in ((Key, True), (Changeable, False)):
        form = Avro(cls, PLAIN)
        data = form.encoder("t", is_key=True)(cls("a"))
        decode = form.decoder("t", is_key=True)
        assert (decode(data) is decode(data)) is same
        assert decode(data) == cls("a")
