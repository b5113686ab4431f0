import pytest

from support.command_line import CommandLine


@pytest.fixture
def topic(cli: CommandLine) -> str:
    cli.ok("topics", "create", "t")
    return "t"


def records(cli: CommandLine, *options: str):
    return cli.ok("consume", "t", "--json", *options).json_lines


def test_reads_keys_and_values_around_a_tab(cli: CommandLine, topic):
    cli.ok("produce", topic, stdin="a\t1\nb\t2\twith tab\nno key\n\n")

    assert [(record["key"], record["value"]) for record in records(cli)] == [
        ("a", "1"),
        ("b", "2\twith tab"),
        (None, "no key"),
    ]


def test_reads_records_in_json(cli: CommandLine, topic):
    line = '{"key": "k", "value": {"n": 1}, "timestamp": 5, "headers": {"h": "x", "e": null}}'
    cli.ok("produce", topic, stdin=line)

    (record,) = records(cli)

    assert (record["key"], record["value"], record["timestamp"]) == ("k", {"n": 1}, 5)
    assert record["headers"] == [["h", "x"], ["e", None]]


def test_a_json_object_with_other_fields_is_a_value(cli: CommandLine, topic):
    cli.ok("produce", topic, stdin='{"amount": 5}\n{"value": 1, "unit": "m"}\n')

    assert [record["value"] for record in records(cli)] == [{"amount": 5}, {"value": 1, "unit": "m"}]


def test_lines_of_text_are_never_taken_for_records(cli: CommandLine, topic):
    cli.ok("produce", topic, "--lines", "text", stdin='{"value": 1}')

    assert records(cli)[0]["value"] == {"value": 1}


def test_null_is_a_tombstone(cli: CommandLine, topic):
    cli.ok("produce", topic, stdin='{"key": "k", "value": null}')

    assert (records(cli)[0]["key"], records(cli)[0]["value"]) == ("k", None)


def test_what_consume_prints_can_be_produced_again(cli: CommandLine, topic):
    cli.ok("topics", "create", "copy")
    cli.ok("produce", topic, stdin='{"key": "k", "value": [1], "timestamp": 7, "headers": [["h", "1"]]}\nplain\n')
    cli.ok("produce", "copy", stdin=cli.ok("consume", topic, "--json").out)

    copied = [{**record, "topic": topic} for record in cli.ok("consume", "copy", "--json").json_lines]
    assert copied == records(cli)


def test_writes_formats(cli: CommandLine, topic):
    cli.ok("produce", topic, "--key-separator", ":", "--key-format", "int64", "--value-format", "double", stdin="7:1.5")

    (record,) = records(cli, "--key-format", "int64", "--value-format", "double")
    assert (record["key"], record["value"]) == (7, 1.5)


def test_equal_keys_share_a_partition_and_records_without_key_take_turns(cli: CommandLine):
    cli.ok("topics", "create", "t", "-p", "4")
    cli.ok("produce", "t", stdin="k\t1\nk\t2\nx\ny\n")

    partitions = {record["value"]: record["partition"] for record in records(cli)}
    assert partitions["1"] == partitions["2"]
    assert partitions["x"] != partitions["y"]


def test_writes_to_the_given_partition(cli: CommandLine):
    cli.ok("topics", "create", "t", "-p", "2")
    cli.ok("produce", "t", "-p", "1", stdin="a\nb\n")

    assert {record["partition"] for record in records(cli)} == {1}
    assert cli("produce", "t", "-p", "2", stdin="a").code == 2


def test_reads_a_file_and_takes_a_timestamp(cli: CommandLine, topic):
    path = cli.file("lines.txt", "one\r\ntwo\r\n")

    said = cli.ok("produce", topic, "--file", path, "--timestamp", "1970-01-01T00:00:01Z")

    assert said.err == "wrote 2 records to t\n"
    assert [(record["value"], record["timestamp"]) for record in records(cli)] == [("one", 1_000), ("two", 1_000)]


def test_many_lines_keep_their_order(cli: CommandLine, topic):
    numbers = [str(number) for number in range(60_000)]
    cli.ok("produce", topic, stdin="\n".join(numbers))

    assert [record["value"] for record in records(cli)] == numbers


@pytest.mark.parametrize(
    ("options", "line", "problem"),
    [
        ((), '{"value": 1, "timestamp": "noon"}', "line 2: timestamp must be a number of ms, or a time such as"),
        (("--value-format", "json"), "not json", "line 2: 'not json' is not JSON"),
        (("--lines", "json"), "{oops", "line 2: no valid JSON"),
        (("--lines", "json"), '{"a": 1}', "line 2: no record"),
        (("--value-format", "int64"), "many", "line 2: 'many' is no Int64"),
        ((), b"\xff\xfe", "line 2: "),
        ((), '{"value": 1, "partition": 9}', "record 2 asks for partition 9"),
    ],
)
def test_tells_the_line_that_cannot_be_written(cli: CommandLine, topic, options, line, problem):
    good = b'{"value": 1}\n'
    outcome = cli("produce", topic, *options, stdin=good + (line if isinstance(line, bytes) else line.encode()))

    assert outcome.code != 0
    assert problem in outcome.err


def test_an_error_says_that_nothing_was_written_if_so(cli: CommandLine, topic):
    outcome = cli("produce", topic, "--lines", "json", stdin='{"value": 1}\n{oops\n')

    assert "line 2: no valid JSON" in outcome.err
    assert "(nothing was written)" in outcome.err
    assert records(cli) == []


def test_an_error_says_how_many_records_were_written_before(cli: CommandLine, topic):
    lines = "".join(f'{{"value": {number}}}\n' for number in range(40_000))
    outcome = cli("produce", topic, "--lines", "json", stdin=lines + "{oops\n")

    written = len(records(cli))
    assert 0 < written < 40_000
    assert f"({written} records written before)" in outcome.err


def test_times_of_json_records_may_be_written_as_on_the_command_line(cli: CommandLine, topic):
    cli.ok("produce", topic, stdin='{"value": 1, "timestamp": "1970-01-01T00:00:01Z"}\n{"value": 2, "timestamp": "7"}\n')

    assert [record["timestamp"] for record in records(cli)] == [1_000, 7]


def test_says_once_that_a_line_which_looks_like_json_is_taken_for_text(cli: CommandLine, topic):
    cut_off = cli.ok("produce", topic, stdin='{"a": 1}\n{"a": \n{"b": \n')
    meant = cli.ok("produce", topic, "--lines", "text", stdin='{"a": \n')

    assert cut_off.err == (
        "line 2 begins with { but is not JSON: written as text (--lines text if that is meant)\nwrote 3 records to t\n"
    )
    assert meant.err == "wrote 1 record to t\n"
