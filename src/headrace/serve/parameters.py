"""Parameters of a request: keys through the store's format, times, numbers, truth."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from headrace.core.errors import ConfigurationError, EncodeError
from headrace.formats.text import from_text
from headrace.state.spec import StoreSpec

MOST = 1_000
"""Entries of an answer if the request sets no `limit`."""

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def key(request: Request, spec: StoreSpec, name: str, *, needed: bool = False) -> Any:
    """A key, written as on the command line: text, a number, JSON, or 0x... for bytes. None if it is not given.

    Raises:
        ConfigurationError: It is needed, or not of the store's format.
    """
    text = request.query_params.get(name)
    if text is None:
        if needed:
            message = f"the parameter {name} is missing"
            raise ConfigurationError(message, hint=f"keys of store {spec.name!r} are written as {spec.key_format!r}")
        return None
    try:
        return from_text(spec.key_format, text)
    except (EncodeError, ValueError) as error:
        why = error.message if isinstance(error, EncodeError) else str(error)
        message = f"{name}={text}: keys of store {spec.name!r} are written as {spec.key_format!r}: {why}"
        raise ConfigurationError(message) from error


def number(request: Request, name: str, default: int, *, least: int = 0) -> int:
    """A whole number. Raises ConfigurationError."""
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        found = int(text)
    except ValueError:
        found = least - 1
    if found < least:
        message = f"{name}={text}: expected a whole number, at least {least}"
        raise ConfigurationError(message)
    return found


def optional_number(request: Request, name: str) -> int | None:
    """A whole number, or None if it is not given. Raises ConfigurationError."""
    return number(request, name, 0) if name in request.query_params else None


def truth(request: Request, name: str) -> bool:
    """`true` or `false`; false if it is not given. Raises ConfigurationError."""
    text = request.query_params.get(name, "false")
    if text not in _TRUTH:
        message = f"{name}={text}: expected true or false"
        raise ConfigurationError(message)
    return _TRUTH[text]


def read(request: Request) -> str:
    """What reads see: `latest` or `committed`."""
    return request.query_params.get("read", "latest")
