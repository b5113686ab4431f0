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

    assert said == "would delete a (0 offsets)\n"
    assert [topic["topic"] for topic in cli.ok("topics", "list", "--json").json] == ["a"]


def test_a_topic_with_another_partition_count_is_refused_unless_it_may_be_there(cli: CommandLine):
    cli.ok("topics", "create", "a", "-p", "2")

    assert cli("topics", "create", "a", "-p", "4").code == 1
    assert cli.ok("topics", "create", "a", "-p", "4", "--if-missing").out == "a is there already\n"


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
