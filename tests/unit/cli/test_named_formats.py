from uuid import UUID

import click
import pytest

from headrace.cli.named_formats import FormatType, from_text, named_format
from headrace.core.errors import ConfigurationError, EncodeError
from headrace.formats import Boolean, Bytes, Double, Int64, Json, SessionWindowedFormat, String, Uuid, WindowedFormat


def test_names_stand_for_formats():
    assert named_format("int64") == Int64()
    assert named_format("windowed-string:5m") == WindowedFormat(String(), "5m")
    assert named_format("session-int64") == SessionWindowedFormat(Int64())


@pytest.mark.parametrize("name", ["varchar", "windowed-string", "windowed-string:soon", "session-"])
def test_refuses_other_names(name):
    with pytest.raises(ConfigurationError):
        named_format(name)


def test_an_option_names_the_formats_there_are():
    with pytest.raises(click.BadParameter, match="there are: string, json"):
        FormatType().convert("varchar", None, None)


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
