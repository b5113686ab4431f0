import pytest

from support.command_line import CommandLine


@pytest.fixture
def topic(cli: CommandLine) -> str:
    """Ten records with values 0 to 9 and times 0, 10, ... in one partition."""
    cli.ok("topics", "create", "t")
    cli.ok("produce", "t", stdin="\n".join(f'{{"key": "k", "value": "{n}", "timestamp": {n * 10}}}' for n in range(10)))
    return "t"


def values(cli: CommandLine, *options: str) -> list[str]:
    return [record["value"] for record in cli.ok("consume", "t", "--json", *options).json_lines]


def test_prints_place_time_key_value_and_headers(cli: CommandLine):
    cli.ok("topics", "create", "t")
    cli.ok("produce", "t", stdin='{"key": "k", "value": {"n": 1}, "timestamp": 5, "headers": {"h": "x"}}')

    assert cli.ok("consume", "t").out == '0@0\t1970-01-01T00:00:00.005Z\tk\t{"n":1}\th=x\n'


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "0123456789"),
        (("--from", "7"), "789"),
        (("--from", "-2"), "89"),
        (("--from", "end"), ""),
        (("--from", "@55"), "6789"),
        (("--to", "3"), "012"),
        (("--from", "2", "--to", "4"), "23"),
        (("--to", "1970-01-01T00:00:00.020Z"), "01"),
        (("--max", "2"), "01"),
        (("--from", "8", "--max", "5"), "89"),
    ],
)
def test_begins_and_ends_where_it_is_told(cli: CommandLine, topic, options, expected):
    assert "".join(values(cli, *options)) == expected


def test_follows_until_enough_records_came(cli: CommandLine, topic):
    assert len(values(cli, "--follow", "--max", "10")) == 10


def test_a_group_goes_on_where_it_stopped(cli: CommandLine, topic):
    first = values(cli, "--group", "g", "--max", "3")
    second = values(cli, "--group", "g", "--max", "3")
    rest = values(cli, "--group", "g")

    assert (first, second, rest) == (["0", "1", "2"], ["3", "4", "5"], ["6", "7", "8", "9"])
    assert values(cli, "--group", "g") == []


def test_takes_some_partitions_only(cli: CommandLine):
    cli.ok("topics", "create", "t", "-p", "2")
    cli.ok("produce", "t", "-p", "0", stdin="zero")
    cli.ok("produce", "t", "-p", "1", stdin="one")

    assert values(cli, "-p", "1") == ["one"]
    assert cli("consume", "t", "-p", "2").code == 2


def test_prints_the_fields_that_are_asked_for(cli: CommandLine, topic):
    assert cli.ok("consume", "t", "--fields", "value,key", "--max", "1").out == "0\tk\n"
    assert cli("consume", "t", "--fields", "colour").code == 2


def test_marks_what_the_format_cannot_read(cli: CommandLine, topic):
    (record,) = cli.ok("consume", "t", "--json", "--max", "1", "--value-format", "int64").json_lines

    assert record["value"]["undecodable"] == "0x30"


@pytest.mark.parametrize(
    "place, told", [("9999", "offset 9999"), ("2100-01-01T00:00:00Z", "2100-01-01T00:00:00.000Z"), ("end", None), ("9", None)]
)
def test_says_that_a_topic_ends_before_the_place_where_it_is_to_begin(cli: CommandLine, topic, place, told):
    expected = "" if told is None else f"nothing to print yet: t ends before {told}\n"

    assert cli.ok("consume", "t", "--from", place).err == expected


def test_long_headers_are_cut_for_people_and_whole_for_programs(cli: CommandLine):
    cli.ok("topics", "create", "t")
    cli.ok("produce", "t", stdin='{"key": "k", "value": "v", "headers": {"trace": "%s", "short": "x"}}' % ("y" * 1_000))

    line = cli.ok("consume", "t", "--fields", "value,headers").out
    assert line == f"v\ttrace={'y' * 80}... (1000 characters; --json shows all) short=x\n"
    assert cli.ok("consume", "t", "--json").json_lines[0]["headers"][0] == ["trace", "y" * 1_000]
