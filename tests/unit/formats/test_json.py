import tracemalloc
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import orjson
import pytest

from headrace.core.errors import ConfigurationError, EncodeError
from headrace.formats import Json


class Click(msgspec.Struct):
    user: str
    at: int


@dataclass
class Order:
    id: int
    items: list[str]


class Row(TypedDict):
    id: int


class Paid(msgspec.Struct, tag=True):
    amount: float


class Refunded(msgspec.Struct, tag=True):
    reason: str


class Undeclared:
    pass


class LikePydantic:
    """Has the two methods by which a pydantic model is known."""

    def __init__(self, name):
        self.name = name

    @classmethod
    def model_validate_json(cls, data):
        return cls(orjson.loads(data)["name"])

    def model_dump_json(self):
        return orjson.dumps({"name": self.name}).decode()


def encode(fmt, value):
    return fmt.encoder("t", is_key=False)(value)


def decode(fmt, data):
    return fmt.decoder("t", is_key=False)(data)


def test_untyped_decoder_is_orjsons_own():
    assert Json().decoder("t", is_key=False) is orjson.loads


def test_encoded_values_take_no_more_memory_than_their_bytes():
    encoder = Json().encoder("t", is_key=False)
    tracemalloc.start()
    try:
        kept = [encoder({"id": number}) for number in range(1_000)]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 200 * len(kept)


def test_untyped_round_trip_is_compact_and_keeps_the_order_of_fields():
    assert encode(Json(), {"b": 1, "a": [1.5, "ü", True, None]}) == '{"b":1,"a":[1.5,"ü",true,null]}'.encode()
    assert decode(Json(), b' {"b": 1} ') == {"b": 1}


@pytest.mark.parametrize(
    ("of", "value", "data"),
    [
        (Click, Click("ann", 7), b'{"user":"ann","at":7}'),
        (Order, Order(1, ["x"]), b'{"id":1,"items":["x"]}'),
        (Row, {"id": 1}, b'{"id":1}'),
        (Paid | Refunded, Refunded("late"), b'{"type":"Refunded","reason":"late"}'),
        (int, 5, b"5"),
        (str, "x", b'"x"'),
        (float, 0.5, b"0.5"),
        (bool, False, b"false"),
        (list[int], [1, 2], b"[1,2]"),
        (dict[str, int], {"a": 1}, b'{"a":1}'),
        (dict, {"a": 1}, b'{"a":1}'),
    ],
)
def test_typed_round_trip(of, value, data):
    assert encode(Json(of), value) == data
    assert decode(Json(of), data) == value


def test_typed_decode_skips_fields_that_the_type_does_not_have():
    assert decode(Json(Click), b'{"user":"ann","extra":{"deep":[1]},"at":7}') == Click("ann", 7)


def test_typed_decode_names_the_field_that_does_not_fit():
    with pytest.raises(msgspec.ValidationError, match=r"Expected `int`, got `str` - at `\$.at`"):
        decode(Json(Click), b'{"user":"ann","at":"7"}')


def test_integers_beyond_64_bits_are_refused_untyped_and_kept_typed():
    with pytest.raises(TypeError, match="64-bit"):
        encode(Json(), 2**64)
    assert decode(Json(), str(2**64).encode()) == float(2**64)
    assert decode(Json(int), encode(Json(int), 2**70)) == 2**70


@pytest.mark.parametrize("fmt", [Json(), Json(float)])
def test_not_a_number_is_written_as_null_and_never_read(fmt):
    assert encode(fmt, float("nan")) == encode(fmt, float("inf")) == b"null"
    with pytest.raises(ValueError, match=r"NaN|malformed|unexpected"):
        decode(fmt, b"NaN")


def test_pydantic_models_are_known_by_their_methods():
    fmt = Json(LikePydantic)
    assert encode(fmt, LikePydantic("ann")) == b'{"name":"ann"}'
    assert decode(fmt, b'{"name":"bob"}').name == "bob"
    with pytest.raises(EncodeError, match="writes LikePydantic, got dict"):
        encode(fmt, {"name": "ann"})


class Holder(msgspec.Struct):
    held: Undeclared


class Tree(msgspec.Struct):
    children: list["Tree"]
    label: Any = None


@pytest.mark.parametrize("of", [Undeclared, 5, "Click", list[Undeclared], Holder, dict[str, LikePydantic], LikePydantic | None])
def test_refuses_a_type_that_json_cannot_be_read_into(of):
    with pytest.raises(ConfigurationError, match="JSON cannot be read into"):
        Json(of)


def test_a_type_may_contain_itself():
    assert decode(Json(Tree), b'{"children":[{"children":[]}]}') == Tree([Tree([])])


def test_equal_by_type_hashable_and_never_exact():
    assert Json(Click) == Json(Click) != Json(Order)
    assert Json() == Json(Any) != Json(dict)
    assert len({Json(), Json(), Json(int), Json(list[int]), Json(list[int])}) == 3
    assert not Json(str).exact


def test_prints_its_type():
    assert [repr(Json()), repr(Json(Click)), repr(Json(list[int]))] == ["Json()", "Json(Click)", "Json(list[int])"]
