from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from headrace.core.errors import ConfigurationError
from headrace.formats import (
    Boolean,
    Bytes,
    Double,
    Int32,
    Int64,
    Json,
    String,
    Uuid,
    Void,
    WindowedFormat,
    format_of,
)


@dataclass
class Order:
    id: int


class Undeclared:
    pass


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (str, String()),
        (bytes, Bytes()),
        (int, Int64()),
        (float, Double()),
        (bool, Boolean()),
        (UUID, Uuid()),
        (None, Void()),
        (dict, Json(dict)),
        (list[int], Json(list[int])),
        (Order, Json(Order)),
        (Any, Json()),
        (Int32(), Int32()),
        (Int32, Int32()),
        (Json, Json()),
    ],
)
def test_gives_the_format_that_a_type_stands_for(spec, expected):
    assert format_of(spec) == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("string", "'string' is a value"),
        ([int], "is a value"),
        (Undeclared, "has no format.*without declared fields"),
        (WindowedFormat, "WindowedFormat is a format that needs arguments"),
        (lambda: None, "has no format"),
    ],
)
def test_refuses_what_has_no_format_and_says_what_is_accepted(spec, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        format_of(spec)
    if "needs arguments" not in message:
        assert "String()" in caught.value.hint
