import pytest

from headrace.core.errors import DecodeError
from headrace.core.hashing import murmur3_128
from headrace.formats import Int64, Json, String
from headrace.formats.subscription import (
    CombinedKey,
    CombinedKeyFormat,
    Instruction,
    SubscriptionFormat,
    SubscriptionResponseFormat,
    SubscriptionResponseWrapper,
    SubscriptionWrapper,
)

HASH = murmur3_128(b"F")
ADD = Instruction.PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE

SUBSCRIPTIONS = [
    (SubscriptionWrapper(HASH, ADD, "p", 0), "0103f3a4f244fac77d1dd94ae8387a5d48b67000000000"),
    (SubscriptionWrapper(None, Instruction.DELETE_KEY_AND_PROPAGATE, "p", 7), "81017000000007"),
    (SubscriptionWrapper(HASH, ADD, "p", None), "0003f3a4f244fac77d1dd94ae8387a5d48b670"),
]
RESPONSES = [
    (SubscriptionResponseWrapper(HASH, "right"), "00f3a4f244fac77d1dd94ae8387a5d48b67269676874"),
    (SubscriptionResponseWrapper(HASH, None), "00f3a4f244fac77d1dd94ae8387a5d48b6"),
    (SubscriptionResponseWrapper(None, None), "80"),
]
COMBINED = [(CombinedKey("F", "p"), "000000014670"), (CombinedKey("", ""), "00000000")]

CASES = (
    [(SubscriptionFormat(String()), *case) for case in SUBSCRIPTIONS]
    + [(SubscriptionResponseFormat(String()), *case) for case in RESPONSES]
    + [(CombinedKeyFormat(String(), String()), *case) for case in COMBINED]
)


@pytest.mark.parametrize(("fmt", "value", "data"), CASES)
def test_writes_and_reads_the_bytes_of_java(fmt, value, data):
    assert fmt.encoder("t", is_key=False)(value).hex() == data
    assert fmt.decoder("t", is_key=False)(bytes.fromhex(data)) == value


@pytest.mark.parametrize(
    ("fmt", "data", "message"),
    [
        (SubscriptionFormat(String()), "02037000000000", "version 2 and instruction 3"),
        (SubscriptionFormat(String()), "81047000000000", "version 1 and instruction 4"),
        (SubscriptionFormat(String()), "0103f3a4", "subscription .* is cut off: 4 bytes"),
        (SubscriptionFormat(String()), "81", "cut off"),
        (SubscriptionResponseFormat(String()), "01", "version 1"),
        (SubscriptionResponseFormat(String()), "00f3", "cut off"),
        (SubscriptionResponseFormat(String()), "", "cut off"),
        (CombinedKeyFormat(String(), String()), "00000002ff", "combined key .* is cut off"),
        (CombinedKeyFormat(String(), String()), "000000", "cut off"),
    ],
)
def test_refuses_bytes_of_another_layout(fmt, data, message):
    with pytest.raises(DecodeError, match=message):
        fmt.decoder("t", is_key=False)(bytes.fromhex(data))


def test_the_prefix_of_a_foreign_key_finds_its_subscribers_only():
    fmt = CombinedKeyFormat(String(), String())
    prefix = fmt.prefix_encoder("t")("F")
    encode = fmt.encoder("t", is_key=True)
    assert encode(CombinedKey("F", "p")).startswith(prefix)
    assert not encode(CombinedKey("FF", "p")).startswith(prefix)


def test_equal_by_inner_formats_and_exact_where_both_keys_are():
    assert SubscriptionFormat(String()) == SubscriptionFormat(String()) != SubscriptionFormat(Int64())
    assert CombinedKeyFormat(String(), Int64()) == CombinedKeyFormat(String(), Int64()) != CombinedKeyFormat(Int64(), Int64())
    assert CombinedKeyFormat(String(), Int64()).exact
    assert not CombinedKeyFormat(String(), Json()).exact
    assert hash(SubscriptionResponseFormat(String())) == hash(SubscriptionResponseFormat(String()))
