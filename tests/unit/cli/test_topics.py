from contextlib import closing

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Position
from headrace.log.embedded import open_log
from support.command_line import CommandLine


def test_creates_lists_and_deletes_topics(cli: CommandLine):
    cli.ok("topics", "create", "a", "b", "-p", "3", "--cleanup", "compact")
    listed = cli.ok("topics", "list", "--json").json
    cli.ok("topics", "delete", "a")

    assert [(topic["topic"], topic["partitions"], topic["cleanup"]) for topic in listed] == [
        ("a", 3, "compact"),
        ("b", 3, "compact"),
    ]
    assert [topic["topic"] for topic in cli.ok("topics", "list", "--json").json] == ["b"]


def test_describes_a_topic_with_its_offsets(cli: CommandLine):
    cli.ok("topics", "create", "a", "--retention", "7d")
    cli.ok("produce", "a", "--timestamp", "5", stdin="x\ny\n")

    found = cli.ok("topics", "describe", "a", "--json").json

    assert found["retention_ms"] == 7 * 86_400_000
    assert found["partitions"] == [
        {"partition": 0, "start": 0, "end": 2, "records": 2, "last_timestamp": "1970-01-01T00:00:00.005Z"}
    ]


def test_shows_tables_to_people(cli: CommandLine):
    cli.ok("topics", "create", "orders")

    lines = cli.ok("topics", "list").lines

    assert lines[0].split() == ["topic", "partitions", "records", "cleanup"]
    assert lines[2].split() == ["orders", "1", "0", "delete"]


def test_leaves_out_internal_topics_if_asked(cli: CommandLine):
    cli.ok("topics", "create", "orders", "app-counts-changelog")

    assert [topic["topic"] for topic in cli.ok("topics", "list", "--no-internal", "--json").json] == ["orders"]


def test_a_dry_run_changes_nothing(cli: CommandLine):
    cli.ok("topics", "create", "a")
    cli.ok("topics", "create", "b", "--dry-run")
    said = cli.ok("topics", "delete", "a", "--dry-run").out

    assert said == "would delete a and its 0 records\n"
    assert [topic["topic"] for topic in cli.ok("topics", "list", "--json").json] == ["a"]


def test_a_topic_with_another_partition_count_is_refused_unless_it_may_be_there(cli: CommandLine):
    cli.ok("topics", "create", "a", "-p", "2")

    refused = cli("topics", "create", "new", "a", "-p", "4")
    assert (refused.code, refused.err) == (
        1,
        "error: topic 'a' exists with 2 partitions, not 4\n"
        "  hint: leave it as it is with --if-missing, or delete it first: headrace topics delete a\n",
    )
    assert [topic["topic"] for topic in cli.ok("topics", "list", "--json").json] == ["a"]
    assert cli.ok("topics", "create", "a", "-p", "4", "--if-missing").out == "a exists already, with 2 partitions\n"


def test_a_topic_that_exists_is_left_alone_where_no_partition_count_is_asked_for(cli: CommandLine):
    cli.ok("topics", "create", "a", "-p", "2")

    assert cli.ok("topics", "create", "a", "b").out == "a exists already, with 2 partitions\ncreated b\n"
    assert [topic["partitions"] for topic in cli.ok("topics", "list", "--json").json] == [2, 1]


def test_what_cannot_be_deleted_is_not_to_be_created(cli: CommandLine):
    cli.ok("topics", "create", "orders")

    assert cli("topics", "delete", "xyz").err == "error: topic 'xyz' does not exist\n  hint: there are: orders\n"
    assert "hint: did you mean orders?" in cli("topics", "delete", "order").err


def test_says_how_many_records_went_with_a_topic(cli: CommandLine):
    cli.ok("topics", "create", "a")
    cli.ok("produce", "a", stdin="x\n")

    assert cli.ok("topics", "delete", "a").out == "deleted a and its 1 record\n"


def test_a_topic_that_a_running_application_reads_is_not_deleted(cli: CommandLine):
    cli.ok("topics", "create", "a")
    where = TopicPartition("a", 0)
    with closing(open_log(cli.folder / ".headrace" / "log")) as log:
        log.admin().set_positions("shop", {where: Position(0)})
        with log.own("shop"):
            outcome = cli("topics", "delete", "a")

    assert (outcome.code, outcome.err) == (
        1,
        "error: topic 'a' is read by the application 'shop', which is running\n  hint: stop the application first\n",
    )
    assert cli.ok("topics", "delete", "a").code == 0


def test_an_unknown_topic_is_told_with_a_similar_name(cli: CommandLine):
    cli.ok("topics", "create", "orders")

    outcome = cli("topics", "describe", "order")

    assert outcome.code == 1
    assert "topic 'order' does not exist" in outcome.err
    assert "did you mean orders?" in outcome.err


def test_deletes_nothing_if_one_of_the_topics_is_unknown(cli: CommandLine):
    cli.ok("topics", "create", "a")

    assert cli("topics", "delete", "a", "nix").code == 1
    assert [topic["topic"] for topic in cli.ok("topics", "list", "--json").json] == ["a"]


def test_a_mistyped_data_directory_does_not_become_a_log(cli: CommandLine):
    outcome = cli("topics", "list", "--data", "nowhere")

    assert outcome.code == 1
    assert "there is no log in" in outcome.err
    assert not (cli.folder / "nowhere").exists()


def test_the_data_directory_comes_from_the_option_the_environment_or_the_file(cli: CommandLine, monkeypatch):
    cli.ok("topics", "create", "by-option", "--data", "one")
    monkeypatch.setenv("HEADRACE_DATA_DIR", "two")
    cli.ok("topics", "create", "by-environment")
    monkeypatch.delenv("HEADRACE_DATA_DIR")
    cli.file("headrace.toml", 'app_id = "x"\ndata_dir = "three"\n')
    cli.ok("topics", "create", "by-file")

    assert sorted(path.name for path in cli.folder.iterdir() if path.is_dir()) == ["one", "three", "two"]
