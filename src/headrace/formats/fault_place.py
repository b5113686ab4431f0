"""Which part of a value an error of a library speaks of: msgspec's, pydantic's, jsonschema's, and our own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from headrace.core.errors import DecodeError

_AT = re.compile(r" - at `(?:key in )?\$?\.?([^`]*)`\Z")


def place_of(error: Exception) -> str | None:
    """The path of the field, as `lines[3].price`; None if it is the whole value, or not known."""
    if isinstance(error, DecodeError):
        return error.field
    if isinstance(error, msgspec.ValidationError):
        found = _AT.search(str(error))
        return (found[1] or None) if found else None
    steps = getattr(error, "absolute_path", None)  # jsonschema
    if steps is None:
        steps = _pydantic_steps(error)
    return path_of(steps)


def reason_of(error: Exception) -> str:
    """What is wrong there, without the place."""
    if isinstance(error, msgspec.ValidationError):
        return _AT.sub("", str(error))
    if hasattr(error, "absolute_path"):
        return str(getattr(error, "message", error))
    return f"{type(error).__name__}: {error}"


def path_of(steps: Iterable[Any]) -> str | None:
    """Names and indexes as one path; None for no steps."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".") or None


def _pydantic_steps(error: Exception) -> tuple[Any, ...]:
    """Where the first of pydantic's errors is; pydantic itself need not be there."""
    errors = getattr(error, "errors", None)
    if not callable(errors) or not type(error).__module__.startswith("pydantic"):
        return ()
    return next((tuple(each["loc"]) for each in errors()), ())
