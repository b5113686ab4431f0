"""Log events with fields, over the standard library's logging under `headrace.*`.

An event has a name and fields instead of a sentence, so that it can be searched for. As a library Headrace installs no
handler; the command line calls `configure_logging`. Levels promise: ERROR, the application stops or data is at risk; WARNING,
something was dropped, skipped or retried; INFO, life cycle; DEBUG, the rest.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

FIELD = "headrace_event"
"""Attribute of log records that holds the event."""
_ROOT = "headrace"

logging.getLogger(_ROOT).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: a name such as `task_restored`, and its fields."""

    name: str
    fields: Mapping[str, object]

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{name}={_text(value)}" for name, value in self.fields.items())])


class EventLogger:
    """Logs events of one part of Headrace. Cheap where the level is off."""

    __slots__ = ("_bound", "_logger")

    def __init__(self, logger: logging.Logger, bound: Mapping[str, object]) -> None:
        self._logger = logger
        self._bound = dict(bound)

    def bind(self, **fields: object) -> EventLogger:
        """A logger that adds these fields to each event."""
        return EventLogger(self._logger, {**self._bound, **fields})

    def debug(self, event: str, /, **fields: object) -> None:
        """Details for somebody who looks for a fault."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        """Life cycle."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        """Something was dropped, skipped or retried."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, /, *, error: BaseException | None = None, **fields: object) -> None:
        """The application stops or data is at risk; with the exception that is the cause."""
        self._log(logging.ERROR, event, fields, error)

    def _log(self, level: int, name: str, fields: Mapping[str, object], error: BaseException | None = None) -> None:
        if self._logger.isEnabledFor(level):
            event = Event(name, {**self._bound, **fields})
            self._logger.log(level, event, exc_info=error, extra={FIELD: event}, stacklevel=3)


def event_logger(part: str, /, **fields: object) -> EventLogger:
    """The logger `headrace.<part>`, with fields that each of its events has."""
    return EventLogger(logging.getLogger(f"{_ROOT}.{part}"), fields)


class TextFormatter(logging.Formatter):
    """One line: time, level, logger, event, key=value. Records of other libraries keep their message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with a traceback below it if there is one."""
        line = f"{_time(record)} {record.levelname:<7} {record.name} {record.getMessage()}"
        return line if not record.exc_info else f"{line}\n{self.formatException(record.exc_info)}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `event` and the fields of the event."""

    def format(self, record: logging.LogRecord) -> str:
        """The object. A field that JSON cannot hold is written as its text."""
        event = getattr(record, FIELD, None)
        body: dict[str, Any] = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        if isinstance(event, Event):
            body = {**event.fields, **body, "event": event.name}
        else:
            body["event"] = record.getMessage()
        if record.exc_info:
            body["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def configure_logging(*, level: str = "INFO", json: bool = False, stream: TextIO | None = None) -> logging.Handler:
    """Sends `headrace.*` events to a stream (standard error); for programs, never called on import.

    Calling it again replaces what it did before.
    """
    root = logging.getLogger(_ROOT)
    for handler in [handler for handler in root.handlers if isinstance(handler, _OwnHandler)]:
        root.removeHandler(handler)
    handler = _OwnHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if json else TextFormatter())
    root.addHandler(handler)
    root.setLevel(level.upper())
    root.propagate = False
    return handler


class _OwnHandler(logging.StreamHandler[TextIO]):
    """Marks the handler that `configure_logging` installed."""


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return orjson.dumps(text).decode() if not text or any(sign in text for sign in ' "=\n') else text
