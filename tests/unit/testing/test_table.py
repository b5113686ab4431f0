import pytest

from headrace.core.errors import ConfigurationError
from headrace.testing.table import TableRow, has_times, parse_table


def rows(text):
    return list(parse_table(text))


def test_reads_key_time_and_fields():
    text = """
        key | @        | user | n   | ok
        a   | 00:00:05 | u1   | 2   | true
        b   | 7        | -    | 1.5 | "false"
    """

    assert rows(text) == [
        TableRow("a", {"user": "u1", "n": 2, "ok": True}, 5_000),
        TableRow("b", {"user": None, "n": 1.5, "ok": "false"}, 7),
    ]


def test_a_column_value_is_the_value_itself_as_text():
    assert rows("key | value\na | 5\nb | -") == [TableRow("a", "5", None), TableRow("b", None, None)]


def test_columns_may_be_left_out():
    assert rows("value\nx") == [TableRow(None, "x", None)]
    assert rows("@ | n\n1 | 2") == [TableRow(None, {"n": 2}, 1)]


def test_an_empty_cell_leaves_its_field_out():
    assert rows("key | a | b\nk | 1 |") == [TableRow("k", {"a": 1}, None)]


def test_markdown_with_bars_and_a_ruler():
    text = """
    | key | n |
    |-----|--:|
    | a   | 1 |
    """

    assert rows(text) == [TableRow("a", {"n": 1}, None)]


def test_a_row_of_nulls_is_no_ruler():
    assert rows("key | value\n- | -") == [TableRow(None, None, None)]


def test_a_bar_within_a_cell_is_escaped():
    assert rows(r"key | value" + "\n" + r"a | x\|y") == [TableRow("a", "x|y", None)]


@pytest.mark.parametrize(("text", "time"), [("01:02:03", 3_723_000), ("0:00:01.5", 1_500), ("00:00:00.050", 50), ("-1", -1)])
def test_reads_times(text, time):
    assert rows(f"@ | value\n{text} | x")[0].timestamp == time


def test_nothing_is_no_rows():
    assert rows("") == []
    assert rows("key | value\n") == []


def test_a_line_with_another_number_of_columns_is_shown():
    with pytest.raises(ConfigurationError, match=r"has 2 columns \(key, value\), but a line has 1: 'a'"):
        rows("key | value\na")


def test_text_in_the_time_column_is_shown():
    with pytest.raises(ConfigurationError, match="'soon' is no time"):
        rows("key | @ | value\na | soon | 1")


def test_knows_whether_there_are_times():
    assert has_times("\n key | @ | value\n")
    assert not has_times("key | value")
