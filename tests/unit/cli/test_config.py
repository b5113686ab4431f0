from support.command_line import CommandLine

BUILD = "def build(builder):\n    builder.stream('in').to('out')\n"


def rows(cli: CommandLine, *arguments: str) -> dict[str, dict[str, str]]:
    return {row["option"]: row for row in cli.ok("config", *arguments, "--json").json}


def test_shows_values_with_where_they_come_from(cli: CommandLine, monkeypatch):
    cli.file("app.py", BUILD)
    cli.file("headrace.toml", 'app_id = "mine"\n[kafka]\n"sasl.password" = "secret"\n')
    monkeypatch.setenv("HEADRACE_POLL_RECORDS", "7")

    found = rows(cli, ".", "-o", "commit_interval=1m")

    assert found["app_id"] | {"origin": ""} == {"option": "app_id", "value": "mine", "origin": ""}
    assert found["app_id"]["origin"].startswith("file ")
    assert found["poll_records"] == {"option": "poll_records", "value": "7", "origin": "environment HEADRACE_POLL_RECORDS"}
    assert found["commit_interval"] == {"option": "commit_interval", "value": "1m", "origin": "command line"}
    assert found["engine"] == {"option": "engine", "value": "rocksdb", "origin": "default"}
    assert "secret" not in str(found)


def test_shows_only_what_was_changed(cli: CommandLine):
    cli.file("shop.py", BUILD)

    assert list(rows(cli, "shop.py", "--changed")) == ["app_id"]
