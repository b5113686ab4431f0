from uuid import UUID

import pytest

from headrace.core.errors import EncodeError
from headrace.formats import Boolean, Bytes, Double, Int64, Json, String, Uuid
from headrace.formats.text import from_text


@pytest.mark.parametrize(
    ("format_", "text", "value"),
    [
        (String(), "7", "7"),
        (Int64(), "-7", -7),
        (Double(), "1.5", 1.5),
        (Boolean(), "true", True),
        (Bytes(), "0x00ff", b"\x00\xff"),
        (Bytes(), "plain", b"plain"),
        (Uuid(), "00000000-0000-0000-0000-000000000001", UUID(int=1)),
        (Json(), '{"a": 1}', {"a": 1}),
        (Json(), "alice", "alice"),
        (Json(int), "7", 7),
    ],
)
def test_reads_what_a_text_means_in_a_format(format_, text, value):
    assert from_text(format_, text) == value


def test_says_which_text_does_not_fit():
    with pytest.raises(EncodeError, match="'seven' is no Int64"):
        from_text(Int64(), "seven")
