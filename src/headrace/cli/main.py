"""The command `headrace`: its groups, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any, NoReturn

import click

from headrace.cli.command import Group
from headrace.cli.failures import ExitCode, report

_TRACEBACK = "--traceback"

_COMMANDS = {
    "new": ("new", "Make a project that runs and has a test."),
    "run": ("run", "Run an application."),
    "topics": ("topics", "List, create, describe and delete topics."),
    "produce": ("produce", "Write records to a topic."),
    "consume": ("consume", "Print the records of a topic."),
    "groups": ("groups", "Positions and lag of applications and readers."),
    "topology": ("topology", "Describe or draw what a program does."),
    "stores": ("stores", "Read the state of an application."),
    "status": ("status", "Show what a running application does."),
    "lag": ("lag", "Show how far an application is behind."),
    "top": ("top", "Watch a running application."),
    "pause": ("pause", "Stop the processing of a running application."),
    "resume": ("resume", "Go on with it."),
    "schema": ("schema", "Look into the schema registry; check and register schemas."),
    "dlq": ("dlq", "Look at dead letters, and put them back."),
    "plan": ("plan", "Compare a changed program with what its last version has left."),
    "cluster": ("cluster", "Start and stop a real Kafka on this machine."),
    "config": ("config", "Show all options with their values and origins."),
    "reset": ("reset", "Start an application over: positions, internal topics, state."),
}
"""Name to module and summary, in the order of the help text."""


class _LazyGroup(Group):
    """Imports a command when it is called or its own help is asked for, so that the others cost no time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"headrace.cli.{_COMMANDS[cmd_name][0]}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. Output that nobody reads any more ends it quietly, as `... | head` is meant to."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Python would complain again when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(ExitCode.OK) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples="""
        headrace new wordcount && cd wordcount
        headrace topics create lines
        echo "to be or not to be" | headrace produce lines
        headrace run . --until-end
        headrace consume word-counts
    """,
)
@click.option(_TRACEBACK, is_flag=True, help="Show the full traceback of an error. May stand anywhere.")
@click.version_option(version("headrace"), prog_name="headrace")
def headrace(traceback: bool) -> None:
    """Kafka Streams for Python: run programs on an embedded log, and look at what they do.

    Everything lives in the folder .headrace unless --data (or HEADRACE_DATA_DIR, or data_dir in headrace.toml) names
    another one; topics on the brokers that HEADRACE_BOOTSTRAP (or bootstrap in headrace.toml) names, if any. Exit
    codes: 0 done, 1 the operation failed, 2 wrong usage or configuration, 3 the application failed, 130 interrupted.
    """


def execute(arguments: Sequence[str]) -> int:
    """Runs one command line; its exit code. Errors are told on standard error."""
    given = list(arguments)
    options = given[: given.index("--")] if "--" in given else given
    show_traceback = _TRACEBACK in options
    rest = [argument for argument in options if argument != _TRACEBACK] + given[len(options) :]
    try:
        code = headrace.main(args=rest, prog_name="headrace", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except click.exceptions.Exit as end:
        return end.exit_code
    except Exception as error:
        return report(error, show_traceback=show_traceback)
    # An Exit that a command raises comes back as its code; other commands return nothing.
    return code if isinstance(code, int) else ExitCode.OK


def main() -> NoReturn:
    """The entry point of the command."""
    sys.exit(execute(sys.argv[1:]))
