from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID

import pytest

from headrace.core.errors import ConfigurationError, DecodeError, EncodeError
from headrace.formats import Delimited


class Color(Enum):
    RED = 1


@dataclass
class Row:
    id: int
    name: str
    flag: bool
    day: date
    at: datetime
    uid: UUID
    color: Color
    price: float | None = None


class Point(NamedTuple):
    x: int
    y: int


ROW = Row(-1, 'a, "b"\nc', True, date(2020, 1, 2), datetime(2020, 1, 2, 3, tzinfo=UTC), UUID(int=1), Color.RED)


def both(*columns, **settings):
    form = Delimited(*columns, **settings)
    return form.encoder("t", is_key=False), form.decoder("t", is_key=False)


def test_typed_rows_come_back_equal():
    encode, decode = both(Row)
    assert decode(encode(ROW)) == ROW
    assert encode(ROW).endswith(b",RED,")


@pytest.mark.parametrize("text", ["\r", "\n", "\r\n", "\r0", "a\rb", "a\nb", "\0"])
def test_line_ends_in_texts_are_quoted(text):
    encode, decode = both("a", "b")
    assert decode(encode({"a": text, "b": text})) == {"a": text, "b": text}
    assert encode({"a": "x", "b": "a\rb"}) == b'x,"a\rb"'
    assert encode({"a": "x", "b": "y"}) == b"x,y"


def test_columns_by_name_are_texts():
    encode, decode = both("a", "b", delimiter=";")
    assert encode({"a": "1", "b": "x;y"}) == b'1;"x;y"'
    assert decode(b'1;"x;y"') == {"a": "1", "b": "x;y"}


def test_ksqldb_s_bytes_are_read():
    _, decode = both(Point)
    assert decode(b"3,4") == Point(3, 4)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"1", "1 values where there are 2"),
        (b"", "1 values where there are 2"),
        (b"1,2,3", "3 values"),
        (b"1,x", "field y: 'x' cannot be read"),
        (b"\xff,1", "no line"),
        (b'1,"2', "no line"),
    ],
)
def test_undecodable_lines_say_why(data, why):
    _, decode = both(Point)
    with pytest.raises(DecodeError, match=why):
        decode(data)


def test_values_that_would_be_read_as_others_are_refused():
    @dataclass
    class Note:
        text: str | None
        id: int = 0

    encode, decode = both(Note)
    assert decode(encode(Note(None))) == Note(None)
    with pytest.raises(EncodeError, match="field text: '' would be read as None"):
        encode(Note(""))
    with pytest.raises(EncodeError, match="field id: expected a whole number, got None"):
        encode(Note("x", None))  # type: ignore[arg-type]
    with pytest.raises(EncodeError, match="expected Note"):
        encode(Point(1, 2))
    with pytest.raises(EncodeError, match="field b is missing"):
        both("a", "b")[0]({"a": "1"})


def test_what_has_no_columns_is_refused():
    @dataclass
    class Deep:
        a: list[int]

    for columns in ((Deep,), (int,), (), (Point, Point)):
        with pytest.raises(ConfigurationError):
            Delimited(*columns)
    for delimiter in ("", ",,", '"'):
        with pytest.raises(ConfigurationError):
            Delimited(Point, delimiter=delimiter)
