import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.errors import DecodeError
from headrace.core.records import Change
from headrace.core.windows import Windowed
from headrace.formats import (
    Boolean,
    Bytes,
    Double,
    Float,
    Int16,
    Int32,
    Int64,
    Json,
    SessionWindowedFormat,
    String,
    Uuid,
    WindowedFormat,
)
from headrace.formats.change import ChangedFormat
from headrace.formats.subscription import (
    CombinedKey,
    CombinedKeyFormat,
    Instruction,
    SubscriptionFormat,
    SubscriptionResponseFormat,
    SubscriptionResponseWrapper,
    SubscriptionWrapper,
)

LONGS = st.integers(-(2**63), 2**63 - 1)
TIMES = st.integers(0, 2**62)
TEXT = st.text(st.characters(codec="utf-8"))
HASHES = st.none() | st.binary(min_size=16, max_size=16)
PLAIN = st.recursive(
    st.none() | st.booleans() | LONGS | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


CHANGES = st.builds(Change, st.none() | st.binary(max_size=300), st.none() | st.binary()).filter(
    lambda change: change != Change(None, None)
)

VALUES = {
    Bytes(): st.binary(),
    String(): TEXT,
    Int16(): st.integers(-(2**15), 2**15 - 1),
    Int32(): st.integers(-(2**31), 2**31 - 1),
    Int64(): LONGS,
    Float(): st.floats(width=32, allow_nan=False),
    Double(): st.floats(allow_nan=False),
    Boolean(): st.booleans(),
    Uuid(): st.uuids(),
    Json(): PLAIN.filter(lambda value: value is not None),
    Json(int): st.integers(),
    WindowedFormat(String(), 5): st.builds(lambda key, start: Windowed(key, start, start + 5), TEXT, TIMES),
    SessionWindowedFormat(Int64()): st.builds(Windowed, LONGS, TIMES, TIMES),
    ChangedFormat(Bytes()): CHANGES,
    SubscriptionFormat(String()): st.builds(
        SubscriptionWrapper, HASHES, st.sampled_from(Instruction), TEXT, st.none() | st.integers(0, 2**31 - 1)
    ),
    SubscriptionResponseFormat(Int64()): st.builds(SubscriptionResponseWrapper, HASHES, st.none() | LONGS, st.none()),
    CombinedKeyFormat(String(), Bytes()): st.builds(CombinedKey, TEXT, st.binary()),
}
"""Values of each format."""


@pytest.mark.parametrize("fmt", VALUES, ids=repr)
@given(data=st.data(), is_key=st.booleans())
def test_every_value_comes_back_from_its_bytes(fmt, data, is_key):
    value = data.draw(VALUES[fmt])
    assert fmt.decoder("t", is_key=is_key)(fmt.encoder("t", is_key=is_key)(value)) == value


@pytest.mark.parametrize("fmt", [fmt for fmt in VALUES if fmt.exact], ids=repr)
@given(data=st.data())
def test_exact_formats_give_equal_bytes_for_equal_values_only(fmt, data):
    one, other = data.draw(VALUES[fmt]), data.draw(VALUES[fmt])
    encode = fmt.encoder("t", is_key=True)
    assert (one == other) == (encode(one) == encode(other))
    assert hash(one) == hash(fmt.decoder("t", is_key=True)(encode(one)))


@given(st.binary(max_size=60))
def test_join_formats_refuse_or_read_any_bytes_but_never_crash_otherwise(data):
    for fmt in (
        SubscriptionFormat(Bytes()),
        SubscriptionResponseFormat(Bytes()),
        CombinedKeyFormat(Bytes(), Bytes()),
        ChangedFormat(Bytes()),
    ):
        try:
            fmt.decoder("t", is_key=False)(data)
        except DecodeError as error:
            assert error.message
