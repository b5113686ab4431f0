"""Kinds of option values: how each is read from a call, a file or the environment, and shown in the reference."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from headrace.core.errors import HeadraceError
from headrace.core.identifiers import checked_name
from headrace.core.time import to_ms

_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKMG]i?)?B?\s*\Z")
_SIZE_UNITS = {"": 1, "k": 1000, "K": 1000, "M": 1000**2, "G": 1000**3, "Ki": 1024, "ki": 1024, "Mi": 1024**2, "Gi": 1024**3}
_TRUTH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_CREDENTIALS = re.compile(r"(?<=://)[^/,]*@")
_DAY_MS = 86_400_000
_LAST_PORT = 65_535
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ValueKind:
    """A kind of value.

    Attributes:
        name: What the reference calls it, with its unit.
        parse: From any form to the value; raises ValueError saying what was expected. Values parse to themselves.
        show: The value as a user would write it.
    """

    name: str
    parse: Callable[[Any], Any]
    show: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is never printed; `reveal` gives it."""

    _text: str

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "***"


class Urls(str):
    """Addresses as text; what may be a user and password in them is not shown where the text is printed as a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(self.shown)

    @property
    def shown(self) -> str:
        """Without users and passwords."""
        return _CREDENTIALS.sub("***@", str(self))


def _parse_secret(value: Any) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value.strip():
        message = "expected text"  # and not what was given instead: it may be most of a secret
        raise ValueError(message)
    return Secret(value.strip())


def _expected(what: str, value: object) -> ValueError:
    return ValueError(f"expected {what}, got {value!r}")


def _parse_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = ",".join(str(part) for part in value)
    if not isinstance(value, str) or not value.strip():
        what = "text"
        raise _expected(what, value)
    return value.strip()


def _parse_name(value: Any) -> str:
    try:
        return checked_name(_parse_text(value), "topic")
    except HeadraceError as error:
        message = f"{value!r} is not a name: {error.hint}"
        raise ValueError(message) from None


def _parse_address(value: Any) -> str:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    host, colon, port = text.rpartition(":")
    if not port.isdigit() or int(port) > _LAST_PORT or (colon and "/" in host):
        what = 'an address such as "127.0.0.1:8080", or a port'
        raise _expected(what, value)
    return f"{host or _LOOPBACK}:{port}"


def _parse_path(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip():
        what = "a path"
        raise _expected(what, value)
    return Path(value).expanduser()


def _parse_truth(value: Any) -> bool:
    found = value if isinstance(value, bool) else _TRUTH.get(str(value).strip().lower())
    if found is None:
        what = "true or false"
        raise _expected(what, value)
    return found


def _parse_size(value: Any) -> int:
    found = _SIZE.match(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
    if found is None:
        what = 'a size such as "256MB", "1GiB" or a number of bytes'
        raise _expected(what, value)
    return int(float(found[1]) * _SIZE_UNITS[found[2] or ""])


def _parse_integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        what = "a whole number"
        raise _expected(what, value)
    try:
        return int(value)
    except ValueError:
        what = "a whole number"
        raise _expected(what, value) from None


def _parse_duration(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]+\s*", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str | timedelta):
        what = 'a duration such as "5s", a timedelta or milliseconds'
        raise _expected(what, value)
    try:
        return to_ms(value)
    except HeadraceError as error:
        message = f"{error.message}; {error.hint}"
        raise ValueError(message) from None
    except OverflowError:
        what = "a duration that ends"
        raise _expected(what, value) from None


def _at_least(parse: Callable[[Any], int], minimum: int, show: Callable[[int], str]) -> Callable[[Any], int]:
    def parse_bounded(value: Any) -> int:
        number = parse(value)
        if number < minimum:
            what = f"at least {show(minimum)}"
            raise _expected(what, value)
        return number

    return parse_bounded


def show_duration(duration_ms: int) -> str:
    """Milliseconds in their largest whole unit: `5s`, `1d`; numbers below zero as they are."""
    if duration_ms > 0:
        for unit, size in (("d", _DAY_MS), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
            if duration_ms % size == 0:
                return f"{duration_ms // size}{unit}"
        return f"{duration_ms}ms"
    return str(duration_ms)


def show_size(size: int) -> str:
    """Bytes in their largest whole decimal unit: `256MB`."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


def integer(minimum: int) -> ValueKind:
    """A whole number from `minimum`."""
    return ValueKind(f"number, at least {minimum}", _at_least(_parse_integer, minimum, str))


def duration(minimum: int = 0) -> ValueKind:
    """Milliseconds; read from text with a unit, timedelta or number."""
    return ValueKind("duration", _at_least(_parse_duration, minimum, show_duration), show_duration)


def choice(*values: str, synonyms: dict[str, str] | None = None) -> ValueKind:
    """One of several words; `synonyms` are Kafka Streams' words for the same."""
    known = {**{value: value for value in values}, **(synonyms or {})}

    def parse(value: Any) -> str:
        found = known.get(value) if isinstance(value, str) else None
        if found is None:
            what = " or ".join(repr(word) for word in values)
            raise _expected(what, value)
        return found

    return ValueKind(" or ".join(f"`{value}`" for value in values), parse)


def names(*values: str) -> ValueKind:
    """Any of several words, as a list or separated by commas; `none` and `all` stand for themselves."""

    def parse(value: Any) -> tuple[str, ...]:
        given: Iterable[Any] = value.split(",") if isinstance(value, str) else value
        if not isinstance(given, list | tuple | set | frozenset):
            what = f"some of {', '.join(values)}, or 'none' or 'all'"
            raise _expected(what, value)
        words = {str(word).strip() for word in given}
        if words == {"all"}:
            return values
        unknown = sorted(words - set(values) - {"none"})
        if unknown or ("none" in words and len(words) > 1):
            what = f"some of {', '.join(values)}, or 'none' or 'all'"
            raise _expected(what, value)
        return tuple(word for word in values if word in words)

    def show(value: tuple[str, ...]) -> str:
        return ",".join(value) or "none"

    return ValueKind("any of " + ", ".join(f"`{value}`" for value in values) + "; `none` or `all`", parse, show)


TEXT = ValueKind("text", _parse_text)
URLS = ValueKind("text", lambda value: Urls(_parse_text(value)), lambda value: Urls(value).shown)
SECRET = ValueKind("secret text, never printed", _parse_secret)
NAME = ValueKind("name: letters, digits, `.`, `_`, `-`", _parse_name)
ADDRESS = ValueKind("host:port, or port", _parse_address)
PATH = ValueKind("path", _parse_path)
TRUTH = ValueKind("`true` or `false`", _parse_truth, lambda value: str(value).lower())
SIZE = ValueKind("size", _parse_size, show_size)
