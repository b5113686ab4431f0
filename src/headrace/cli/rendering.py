"""Bytes of keys and values as people and JSON readers want to see them, without knowing how they were written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from headrace.formats.plain import Rendered, hex_text, plain

_TIME_BYTES = 8
_LATEST_PLAUSIBLE_MS = 4_102_444_800_000
"""The year 2100: trailing bytes that mean a later time are no window bounds."""


def guess_key(data: bytes) -> Rendered:
    """A key: text, windowed text, an 8-byte integer, or hex."""
    plain = _readable(data)
    if plain is not None:
        return plain
    windowed = _guess_windowed(data)
    return guess_value(data) if windowed is None else windowed


def guess_value(data: bytes) -> Rendered:
    """A value: JSON objects and arrays as such, other text as text, 8 bytes as an integer (as counts are), else hex."""
    text = _readable(data)
    if text is None:
        return int.from_bytes(data, "big", signed=True) if len(data) == _TIME_BYTES else hex_text(data)
    if text[:1] in ("{", "["):
        try:
            parsed: Rendered = orjson.loads(data)
        except orjson.JSONDecodeError:
            return text
        return parsed
    return text


def decoded_by(decode: Callable[[bytes], Any]) -> Callable[[bytes], Rendered]:
    """A renderer over a format's decoder; what it cannot read is shown as such, in hex."""

    def render(data: bytes) -> Rendered:
        try:
            return plain(decode(data))
        except Exception as error:
            return {"undecodable": hex_text(data), "error": str(error) or type(error).__name__}

    return render


def shown(value: Rendered) -> str:
    """One line of text: strings as they are, the rest as JSON; windowed keys as `key [start .. end]`."""
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") if _needs_escape(value) else value
    if isinstance(value, dict) and value.keys() <= {"key", "start", "end"} and {"key", "start"} <= value.keys():
        end = f" .. {time_text(value['end'])}" if value.get("end") is not None else ""
        return f"{shown(value['key'])} [{time_text(value['start'])}{end}]"
    return "null" if value is None else orjson.dumps(value).decode()


def time_text(timestamp_ms: int) -> str:
    """A time in ISO form (UTC), or the number where it is none of this calendar."""
    try:
        moment = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return str(timestamp_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _needs_escape(text: str) -> bool:
    return "\n" in text or "\t" in text


def _readable(data: bytes) -> str | None:
    """The text, if all of it is printable."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign in "\n\r\t" for sign in text) else None


def _guess_windowed(data: bytes) -> Rendered:
    """A session's key (text, end, start) or a window's (text, start), where the times make sense."""
    for length in (2 * _TIME_BYTES, _TIME_BYTES):
        key = _readable(data[:-length]) if len(data) > length else None
        if not key:
            continue
        times = [int.from_bytes(data[at : at + 8], "big", signed=True) for at in range(len(data) - length, len(data), 8)]
        if all(0 <= time < _LATEST_PLAUSIBLE_MS for time in times) and times == sorted(times, reverse=True):
            start = {"key": key, "start": times[-1]}
            return {**start, "end": times[0]} if len(times) == 2 else start
    return None
