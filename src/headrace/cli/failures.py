"""From an exception to one readable message and an exit code."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path

import click

from headrace.core.errors import ConfigurationError, HeadraceError, OwnedError
from headrace.runtime.tasks.failures import user_line

_PREFIX = "headrace-error-"
_KEPT = 10
"""How many files with tracebacks stay; older ones of the same user are deleted."""


class ExitCode(IntEnum):
    """What the command line returns to its caller; listed in docs/reference/cli.md."""

    OK = 0
    FAILED = 1
    USAGE = 2
    APPLICATION = 3
    INTERRUPTED = 130


class ApplicationError(HeadraceError):
    """The user's program failed: while it was imported, built or run. The cause is attached."""


@contextmanager
def application_failures(doing: str = "") -> Iterator[None]:
    """What is raised inside counts as a failure of the user's program, unless it is configured wrongly or runs already.

    Args:
        doing: What was being done, for errors that are not Headrace's own: `importing app.py`.
    """
    try:
        yield
    except (ConfigurationError, OwnedError, ApplicationError):
        raise
    except HeadraceError as error:
        raise ApplicationError(error.message, hint=error.hint) from error
    except Exception as error:
        message = f"{doing + ' failed: ' if doing else ''}{_located(error)}"
        raise ApplicationError(message) from error


def report(error: BaseException, *, show_traceback: bool) -> ExitCode:
    """Tells the user on standard error what went wrong; the exit code for it."""
    if isinstance(error, click.ClickException):
        _say(*_told_by_click(error))
        return ExitCode(error.exit_code)
    if isinstance(error, HeadraceError):
        _say(error.message, error.hint)
    else:
        _say(f"unexpected {_text(error)}", None)
    if show_traceback:
        click.echo("".join(traceback.format_exception(error)), err=True)
    elif _has_foreign_cause(error):
        click.echo(f"  the full traceback is in {_write_traceback(error)}; --traceback shows it here", err=True)
    return _code_of(error)


def _told_by_click(error: click.ClickException) -> tuple[str, str | None]:
    """Message and hint of an error in the arguments, in the words and form of all others."""
    text = error.message if isinstance(error, click.NoSuchOption) else error.format_message()
    first, _, rest = text.partition(" ")
    message = " ".join(filter(None, (first.lower() if first.istitle() else first, rest))).rstrip(".")
    hint: str | None = getattr(error, "hint", None)
    if hint is None and isinstance(error, click.NoSuchOption):
        if error.possibilities:
            hint = f"did you mean {' or '.join(sorted(error.possibilities))}?"
        elif error.option_name[1:2].isdecimal():
            hint = "an argument that begins with a minus sign has to come behind --, after all options"
    if hint is None and isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"{error.ctx.command_path} --help shows what can be written"
    return message, hint


def _code_of(error: BaseException) -> ExitCode:
    if isinstance(error, ApplicationError):
        return ExitCode.APPLICATION
    return ExitCode.USAGE if isinstance(error, ConfigurationError) else ExitCode.FAILED


def _say(message: str, hint: str | None) -> None:
    click.echo(click.style("error: ", fg="red", bold=True) + message, err=True)
    if hint is not None:
        click.echo(click.style("  hint: ", fg="cyan") + hint, err=True)


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _located(error: Exception) -> str:
    """Type, text and the user's line; of a program that cannot be compiled the line that is wrong."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{type(error).__name__}: {error.msg} at {error.filename}:{error.lineno}"
    line = user_line(error)
    return _text(error) if line is None or line.startswith("<frozen ") else f"{_text(error)} at {line}"


def _has_foreign_cause(error: BaseException | None) -> bool:
    """Whether somewhere along the causes an error is not Headrace's own, so that its traceback tells more."""
    while error is not None:
        if not isinstance(error, HeadraceError):
            return True
        error = error.__cause__
    return False


def _write_traceback(error: BaseException) -> Path:
    _forget_old_tracebacks()
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    return Path(name)


def _forget_old_tracebacks() -> None:
    # Files of others cannot be deleted, and another command may have been faster: neither is a failure of this one.
    with suppress(OSError):
        own = [path for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*.txt") if path.stat().st_uid == os.getuid()]
        for path in sorted(own, key=lambda path: path.stat().st_mtime)[: 1 - _KEPT]:
            path.unlink()
