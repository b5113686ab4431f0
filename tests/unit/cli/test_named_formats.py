import click
import pytest

from headrace.cli.named_formats import FormatType, named_format
from headrace.core.errors import ConfigurationError
from headrace.formats import Int64, SessionWindowedFormat, String, WindowedFormat


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
