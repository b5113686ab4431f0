import struct
from datetime import timedelta

import pytest

from headrace.core.errors import ConfigurationError
from headrace.core.windows import END_OF_TIME, Windowed
from headrace.formats import Json, SessionWindowedFormat, String, WindowedFormat


def codec(fmt):
    return fmt.encoder("t", is_key=True), fmt.decoder("t", is_key=True)


def test_time_window_key_is_inner_key_and_start():
    encode, decode = codec(WindowedFormat(String(), "5s"))
    data = b"a" + (5000).to_bytes(8, "big")
    assert encode(Windowed("a", 5000, 10_000)) == data
    assert decode(data) == Windowed("a", 5000, 10_000)


def test_the_end_stops_at_the_end_of_time():
    _, decode = codec(WindowedFormat(String(), END_OF_TIME))
    assert decode(b"a" + (1).to_bytes(8, "big")).end == END_OF_TIME


def test_session_key_is_inner_key_end_start():
    encode, decode = codec(SessionWindowedFormat(String()))
    data = b"a" + (5000).to_bytes(8, "big") + (3000).to_bytes(8, "big")
    assert encode(Windowed("a", 3000, 5000)) == data
    assert decode(data) == Windowed("a", 3000, 5000)


@pytest.mark.parametrize("fmt", [WindowedFormat(String(), 5), SessionWindowedFormat(String())])
def test_all_windows_of_a_key_share_its_partition(fmt):
    assert fmt.partition_encoder("t")(Windowed("a", 1, 2)) == b"a"


def test_windows_of_windows_are_partitioned_by_the_innermost_key():
    fmt = WindowedFormat(WindowedFormat(String(), 5), 10)
    assert fmt.partition_encoder("t")(Windowed(Windowed("a", 0, 5), 0, 10)) == b"a"


@pytest.mark.parametrize(
    ("fmt", "data"), [(WindowedFormat(String(), 5), b"1234567"), (SessionWindowedFormat(String()), b"1" * 15)]
)
def test_refuses_bytes_without_a_window(fmt, data):
    with pytest.raises(struct.error):
        fmt.decoder("t", is_key=True)(data)


def test_refuses_a_negative_size():
    with pytest.raises(ConfigurationError, match="must not be negative, got -1 ms"):
        WindowedFormat(String(), -1)


def test_equal_by_inner_format_and_size():
    assert WindowedFormat(String(), "5s") == WindowedFormat(String(), timedelta(seconds=5)) != WindowedFormat(String(), 5)
    assert SessionWindowedFormat(String()) == SessionWindowedFormat(String()) != SessionWindowedFormat(Json())
    assert hash(WindowedFormat(String(), 5)) == hash(WindowedFormat(String(), 5))


def test_exact_if_the_inner_key_is():
    assert WindowedFormat(String(), 5).exact
    assert SessionWindowedFormat(String()).exact
    assert not WindowedFormat(Json(), 5).exact
    assert not SessionWindowedFormat(Json()).exact
