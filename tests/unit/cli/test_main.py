import re
from pathlib import Path

import pytest

from headrace.cli.main import headrace
from support.command_line import CommandLine


@pytest.mark.parametrize("command", [[], *([name] for name in headrace.list_commands(None))])
def test_every_command_has_help_with_examples(cli: CommandLine, command):
    said = cli.ok(*command, "--help").out

    assert "Examples:\n  headrace " in said or "Examples:\n  printf" in said


def test_help_has_no_private_words():
    for name in headrace.list_commands(None):
        command = headrace.get_command(None, name)
        for part in [command, *getattr(command, "commands", {}).values()]:
            assert part.help, f"{name} has no help"


@pytest.mark.parametrize(
    "typed, hint",
    [
        (["rum"], "did you mean 'run'?"),
        (["topics", "creat"], "did you mean 'create'?"),
        (
            ["xyz"],
            "there are: new, run, topics, produce, consume, groups, topology, stores, status, lag, top, pause, resume, schema, "
            "dlq, plan, cluster, config, reset",
        ),
    ],
)
def test_an_unknown_command_is_told_with_the_nearest_one(cli: CommandLine, typed, hint):
    outcome = cli(*typed)

    assert (outcome.code, outcome.err) == (2, f"error: there is no command {typed[-1]!r}\n  hint: {hint}\n")


@pytest.mark.parametrize(
    "typed, message, hint",
    [
        (["run"], "missing argument 'TARGET'", "headrace run --help shows what can be written"),
        (["run", ".", "--until-en"], "no such option '--until-en'", "did you mean --until-end?"),
        (
            ["stores", "get", ".", "counts", "-5"],
            "no such option '-5'",
            "an argument that begins with a minus sign has to come behind --, after all options",
        ),
        (["consume", "a", "--max", "x"], "invalid value for '-n' / '--max': 'x' is not a valid integer range", None),
        (["run", ".", "-o", "x"], "-o x: expected NAME=VALUE, as in -o commit_interval=100ms", None),
    ],
)
def test_errors_in_the_arguments_look_like_all_others(cli: CommandLine, typed, message, hint):
    outcome = cli(*typed)

    assert outcome.code == 2
    first, second = outcome.err.splitlines()
    assert first.replace(":", "", 1).replace('"', "'").startswith("error " + message)
    assert second.startswith("  hint: " + (hint or "headrace "))


def test_a_wrong_option_value_is_wrong_usage(cli: CommandLine):
    cli.file("prog.py", "def build(builder): builder.stream('in').to('out')\n")

    outcome = cli("run", "prog.py", "-o", "comit_interval=1s")

    assert outcome.code == 2
    assert "did you mean 'commit_interval'?" in outcome.err


def test_an_error_is_one_message_with_a_hint_and_no_traceback(cli: CommandLine):
    cli.ok("topics", "create", "a")

    outcome = cli("consume", "b")

    assert outcome.code == 1
    assert outcome.err == "error: topic 'b' does not exist\n  hint: create it: headrace topics create b\n"


def test_an_error_of_user_code_points_to_its_line_and_to_the_traceback(cli: CommandLine):
    path = cli.file("prog.py", "def build(builder):\n    raise ValueError('oops')\n")

    outcome = cli("run", "prog.py")

    assert outcome.code == 3
    assert outcome.err.startswith(f"error: build(builder) failed: ValueError: oops at {path}:2 in build\n")
    written = Path(re.search(r"the full traceback is in (\S+);", outcome.err)[1])
    assert "ValueError: oops" in written.read_text()
    written.unlink()


def test_the_traceback_is_shown_if_asked_for_anywhere(cli: CommandLine):
    cli.file("prog.py", "def build(builder):\n    raise ValueError('oops')\n")

    for arguments in (["--traceback", "run", "prog.py"], ["run", "prog.py", "--traceback"]):
        assert "Traceback (most recent call last)" in cli(*arguments).err


def test_shows_the_version(cli: CommandLine):
    assert cli.ok("--version").out.startswith("headrace, version ")


def test_a_program_that_cannot_be_compiled_is_told_with_its_line(cli: CommandLine):
    path = cli.file("prog.py", "def build(builder):\n    builder.stream(\n")

    outcome = cli("run", "prog.py")

    assert outcome.code == 3
    assert outcome.err.startswith(f"error: importing prog.py failed: SyntaxError: '(' was never closed at {path}:2\n")


def test_a_module_that_is_missing_is_told_without_a_place_in_the_interpreter(cli: CommandLine):
    path = cli.file("prog.py", "import nonesuch\n")

    assert f"No module named 'nonesuch' at {path}:1" in cli("run", "prog.py").err


def test_only_the_latest_tracebacks_are_kept(cli: CommandLine):
    cli.file("prog.py", "raise ValueError('oops')\n")
    for _ in range(12):
        said = cli("run", "prog.py").err

    latest = Path(re.search(r"the full traceback is in (\S+);", said)[1])
    assert latest.is_file()
    assert len(list(latest.parent.glob("headrace-error-*.txt"))) == 10


def test_values_of_the_command_line_are_called_so_in_errors(cli: CommandLine):
    cli.file("prog.py", "def build(builder): builder.stream('in').to('out')\n")

    assert cli("run", "prog.py", "-o", "num.stream.threads=4").err == (
        "error: unknown option 'num.stream.threads' (command line)\n"
        "  hint: processes share the work here: set the option workers\n"
    )
    assert (
        "option app_id (command line): 'my app' is not a name: use letters" in cli("run", "prog.py", "--app-id", "my app").err
    )
