"""Values whose type is not exactly the expected one: taken if nothing is lost, else refused. Not called for the usual case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from struct import Struct
from typing import Any, NoReturn
from uuid import UUID

_FLOAT = Struct(">f")


def as_int(value: Any) -> int:
    """Subclasses of int, but no bool."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return _refuse("a whole number", value)


def as_int32(value: Any) -> int:
    """The same within 32 bits."""
    number = as_int(value)
    if -0x8000_0000 <= number <= 0x7FFF_FFFF:
        return number
    message = f"{number} does not fit into 32 bits"
    raise OverflowError(message)


def as_int64(value: Any) -> int:
    """The same within 64 bits."""
    number = as_int(value)
    if -(2**63) <= number < 2**63:
        return number
    message = f"{number} does not fit into 64 bits"
    raise OverflowError(message)


def as_float(value: Any) -> float:
    """Any number but bool."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return float(value)
    return _refuse("a number", value)


def as_float32(value: Any) -> float:
    """The same within 32 bits."""
    number = as_float(value)
    try:
        _FLOAT.pack(number)
    except OverflowError:
        message = f"{number} does not fit into a float of 32 bits"
        raise OverflowError(message) from None
    return number


def as_text(value: Any) -> str:
    """Subclasses of str."""
    if isinstance(value, str):
        return str(value)
    return _refuse("text", value)


def as_utf8(value: Any) -> str:
    """Text that can be written."""
    text = as_text(value)
    text.encode()
    return text


def as_bytes(value: Any) -> bytes:
    """Subclasses of bytes."""
    if isinstance(value, bytes):
        return bytes(value)
    return _refuse("bytes", value)


def as_truth(value: Any) -> bool:
    """Nothing else."""
    if value is True or value is False:
        return bool(value)
    return _refuse("True or False", value)


def as_none(value: Any) -> None:
    """Nothing else."""
    if value is not None:
        _refuse("None", value)


def as_date(value: Any) -> date:
    """No datetime, which is a date in Python."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _refuse("a date", value)


def as_moment(value: Any) -> datetime:
    """Only with a time zone: without one it is not known which moment is meant."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return value
        message = f"{value!r} has no time zone"
        raise ValueError(message)
    return _refuse("a datetime", value)


def as_time(value: Any) -> time:
    """A time of day, without a zone."""
    found: time = as_instance(value, time)
    return found


def as_uuid(value: Any) -> UUID:
    """A UUID."""
    found: UUID = as_instance(value, UUID)
    return found


def as_decimal(value: Any, precision: int, scale: int) -> Decimal:
    """A decimal that has room in so many digits, so many of them behind the point."""
    number: Decimal = as_instance(value, Decimal)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        message = f"{number} is no number"
        raise ValueError(message)
    unscaled = len(digits) + exponent + scale
    if -exponent > scale or unscaled > precision:
        message = f"{number} does not fit into {precision} digits, {scale} of them behind the point"
        raise ValueError(message)
    return number


def as_instance(value: Any, wanted: type[Any]) -> Any:
    """Subclasses."""
    if isinstance(value, wanted):
        return value
    return _refuse(wanted.__name__, value)


def as_items(value: Any, make: type[Any]) -> Iterable[Any]:
    """The collection itself; list and tuple stand for one another."""
    if isinstance(value, make) or (make in (list, tuple) and isinstance(value, list | tuple)):
        items: Iterable[Any] = value
        return items
    return _refuse(make.__name__, value)


def as_map(value: Any) -> Iterable[tuple[Any, Any]]:
    """The entries of a dict."""
    if isinstance(value, dict):
        return value.items()
    return _refuse("a dict", value)


def _refuse(expected: str, value: Any) -> NoReturn:
    message = f"expected {expected}, got {value!r} of type {type(value).__name__}"
    raise TypeError(message)
