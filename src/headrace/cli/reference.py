"""The reference page of the command line, rendered from its help texts.

python -m headrace.cli.reference > docs/reference/cli.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from headrace.cli.main import headrace

_SETTINGS: dict[str, Any] = {"terminal_width": 110, "max_content_width": 110, "help_option_names": ["-h", "--help"]}

_HEAD = """# The command line

This page is generated from the help texts: `python -m headrace.cli.reference`. `headrace COMMAND --help` prints the same.

## What all commands share

**Exit codes**

| code | meaning |
|---|---|
| 0 | done; also when `run` or `consume --follow` is ended by Ctrl-C or SIGTERM |
| 1 | the operation failed: an unknown topic, store or group, a log that is damaged or full, an application that runs already |
| 2 | wrong usage: an unknown command or option, an option of the application that is wrong, a target that is not there |
| 3 | the application failed: its code could not be imported or built, or it stopped with an error |
| 130 | interrupted before the command had ended, or answered a question with Ctrl-C |

**Errors** are one message on standard error, with a hint where there is one. Where a cause lies outside of Headrace (in a
program's own code, say), the full traceback is written to a file whose name is told; `--traceback`, anywhere on the line,
prints it instead. Results go to standard output, everything else to standard error.

**The data directory** holds the embedded log and the stores. It is `--data DIR`, else the variable `HEADRACE_DATA_DIR`, else
`data_dir` in the `headrace.toml` of the working directory, else `.headrace`. Commands with a TARGET look for `headrace.toml`
beside the target; a relative `data_dir` in it counts from there.

**TARGET** names a program:

| written | means |
|---|---|
| `path/to/folder` | what `program` in its `headrace.toml` says, else its `app.py` |
| `path/to/file.py`, `path/to/file.py:NAME` | an attribute of a file |
| `package.module`, `package.module:NAME` | an attribute of a module that can be imported from here |

The attribute may be an `App`, a `Topology`, a `StreamsBuilder`, a `TopologyBuilder`, a function `build(builder)`, or a function
without parameters that returns one of these. Without a name, `app`, `topology`, `builder` or `build` is taken, in this order.
The application id is `--app-id`, else `app_id` in the environment or `headrace.toml`, else the name of the file or folder.

**PLACE** (`--from`, `--to`) is one of

| written | means |
|---|---|
| `beginning`, `end` | the first record that is there; behind the last one |
| `17` | that offset, in each partition |
| `-5` | the last five of each partition |
| `2024-05-01T12:00:00Z`, `@1714564800000` | the first record at or after that time (UTC unless it says otherwise; ms) |
| `5m`, `2h`, `7d` | the same, that long ago |

**FORMAT** (`--key-format`, `--value-format`) is one of `string`, `json`, `int16`, `int32`, `int64`, `float`, `double`,
`boolean`, `uuid`, `bytes`, `windowed-FORMAT:SIZE` (as in `windowed-string:5m`) and `session-FORMAT`. Without one, `consume`
shows text as text, 8 bytes that are no text as an integer, keys of windows and sessions with their times, and anything else in
hex; `produce` writes text, and what is no text as JSON.

**For programs:** every command that reads takes `--json`: one document for lists, one object a line for records and entries.
Every command that deletes or moves something takes `--dry-run`. Such commands ask for confirmation at a terminal only; `--yes`
answers beforehand.
"""


def render_reference() -> str:
    """The page as Markdown."""
    root = click.Context(headrace, info_name="headrace", **_SETTINGS)
    return "\n".join([_HEAD, *_sections(headrace, root)])


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    """A section for a command, then those of its own commands."""
    name = context.command_path
    level = "#" * (len(name.split()) + 1)
    yield f"{level} {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            if found is not None:
                yield from _sections(found, click.Context(found, info_name=part, parent=context))


if __name__ == "__main__":
    sys.stdout.write(render_reference())
