import struct
from uuid import UUID

import pytest

from headrace.core.errors import DecodeError, EncodeError
from headrace.formats import Boolean, Bytes, Double, Float, Int16, Int32, Int64, String, Uuid, Void

U = UUID("123e4567-e89b-12d3-a456-426614174000")

JAVA_BYTES = [
    (Bytes(), b"\x00\xff", b"\x00\xff"),
    (String(), "grün", b"gr\xc3\xbcn"),
    (Int16(), -2, b"\xff\xfe"),
    (Int32(), 258, b"\x00\x00\x01\x02"),
    (Int64(), 3, b"\x00\x00\x00\x00\x00\x00\x00\x03"),
    (Int64(), -1, b"\xff" * 8),
    (Float(), 1.5, b"\x3f\xc0\x00\x00"),
    (Double(), -0.5, b"\xbf\xe0" + bytes(6)),
    (Boolean(), True, b"\x01"),
    (Boolean(), False, b"\x00"),
    (Uuid(), U, b"123e4567-e89b-12d3-a456-426614174000"),
]

REFUSED_VALUES = [
    (Bytes(), bytearray(b"x"), TypeError),
    (Bytes(), 3, TypeError),
    (String(), b"x", TypeError),
    (String(), "\ud800", UnicodeEncodeError),
    (Int16(), 2**15, struct.error),
    (Int32(), 2**31, struct.error),
    (Int64(), 2**63, struct.error),
    (Int64(), 1.0, struct.error),
    (Float(), 1e39, OverflowError),
    (Double(), "1", struct.error),
    (Boolean(), 1, EncodeError),
    (Uuid(), str(U), EncodeError),
    (Void(), 0, EncodeError),
]

REFUSED_BYTES = [
    (String(), b"\xff", UnicodeDecodeError),
    (Int16(), b"\x00", struct.error),
    (Int32(), b"\x00" * 8, struct.error),
    (Int64(), b"\x00" * 4, struct.error),
    (Float(), b"", struct.error),
    (Double(), b"\x00" * 4, struct.error),
    (Boolean(), b"\x02", DecodeError),
    (Boolean(), b"", DecodeError),
    (Uuid(), b"no uuid", ValueError),
    (Void(), b"", DecodeError),
]


def name(value):
    return repr(value)


@pytest.mark.parametrize(("fmt", "value", "data"), JAVA_BYTES, ids=name)
def test_writes_and_reads_the_bytes_of_kafkas_serializer(fmt, value, data):
    assert fmt.encoder("t", is_key=False)(value) == data
    decoded = fmt.decoder("t", is_key=True)(data)
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(("fmt", "value", "error"), REFUSED_VALUES, ids=name)
def test_refuses_a_value_it_cannot_write(fmt, value, error):
    with pytest.raises(error):
        fmt.encoder("t", is_key=False)(value)


@pytest.mark.parametrize(("fmt", "data", "error"), REFUSED_BYTES, ids=name)
def test_refuses_bytes_it_cannot_read(fmt, data, error):
    with pytest.raises(error):
        fmt.decoder("t", is_key=False)(data)


def test_formats_are_equal_by_value_and_hashable():
    assert Int64() == Int64()
    assert Int64() != Int32()
    assert len({String(), String(), Bytes()}) == 2


def test_only_formats_whose_values_compare_like_their_bytes_are_exact():
    exact = [fmt for fmt in (Bytes(), String(), Int16(), Int32(), Int64(), Boolean(), Uuid(), Void()) if not fmt.exact]
    assert exact == []
    assert not Float().exact
    assert not Double().exact


def test_a_key_is_partitioned_by_its_own_bytes():
    assert Int64().partition_encoder("t")(3) == Int64().encoder("t", is_key=True)(3)
