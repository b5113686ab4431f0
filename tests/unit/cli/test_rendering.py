import pytest

from headrace.cli.rendering import decoded_by, guess_key, guess_value, shown, time_text
from headrace.core.windows import Windowed
from headrace.formats import Int64, SessionWindowedFormat, String, WindowedFormat
from headrace.formats.plain import plain

WINDOWED = WindowedFormat(String(), "1m").encoder("t", is_key=True)
SESSION = SessionWindowedFormat(String()).encoder("t", is_key=True)


@pytest.mark.parametrize(
    ("data", "rendered"),
    [
        (b"hello", "hello"),
        (b"", ""),
        ("Gr\u00fc\u00dfe".encode(), "Gr\u00fc\u00dfe"),
        (b'{"n": 1}', {"n": 1}),
        (b"[1, 2]", [1, 2]),
        (b"{broken", "{broken"),
        (b"12", "12"),
        ((3).to_bytes(8, "big"), 3),
        ((-1).to_bytes(8, "big", signed=True), -1),
        (b"eightabc", "eightabc"),
        (b"\x00\xff", "0x00ff"),
        (b"\xff" * 9, "0x" + "ff" * 9),
    ],
)
def test_guesses_values(data, rendered):
    assert guess_value(data) == rendered


def test_guesses_the_key_and_start_of_a_window():
    assert guess_key(WINDOWED(Windowed("a", 60_000, 120_000))) == {"key": "a", "start": 60_000}


def test_guesses_the_bounds_of_a_session():
    assert guess_key(SESSION(Windowed("abc", 1_000, 5_000))) == {"key": "abc", "start": 1_000, "end": 5_000}


def test_a_key_with_implausible_times_is_shown_in_hex():
    assert guess_key(b"a" + b"\xff" * 8) == "0x61" + "ff" * 8


def test_an_integer_key_is_no_window():
    assert guess_key((7).to_bytes(8, "big")) == 7


def test_shows_windowed_keys_with_their_times():
    assert shown({"key": "a", "start": 0}) == "a [1970-01-01T00:00:00.000Z]"
    assert shown(plain(Windowed("a", 0, 1_000))) == "a [1970-01-01T00:00:00.000Z .. 1970-01-01T00:00:01.000Z]"


def test_keeps_a_record_on_one_line():
    assert shown("a\nb\tc") == "a\\nb\\tc"


def test_bytes_that_a_format_cannot_read_are_marked():
    assert decoded_by(Int64().decoder("t", is_key=False))(b"ab") == {
        "undecodable": "0x6162",
        "error": "unpack requires a buffer of 8 bytes",
    }


def test_a_time_outside_of_the_calendar_is_shown_as_its_number():
    assert time_text(2**62) == str(2**62)
