"""Where Protobuf data cannot be read: a slow walk over the bytes that remembers its way. Only for error messages."""

from __future__ import annotations

from typing import Any

_SIZES = {1: 8, 5: 4}
_DELIMITED, _VARINT = 2, 0


def find_fault(descriptor: Any, data: bytes, path: str = "") -> tuple[str, str] | None:
    """Field and reason of the first part that cannot be read; None if all can.

    Args:
        descriptor: Of the message.
        data: Its bytes.
        path: The field that the message is in.
    """
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        field = descriptor.fields_by_number.get(tag >> 3) if tag is not None else None
        name = f"{path}.{field.name}" if path and field else field.name if field else path
        if tag is None:
            return path, "the data ends within a tag"
        if tag & 7 == _VARINT:
            value, place = _varint(data, place)
            if value is None:
                return name, "the data ends within a number"
        elif tag & 7 in _SIZES:
            place += _SIZES[tag & 7]
            if place > len(data):
                return name, f"the data ends: {_SIZES[tag & 7]} bytes wanted"
        elif tag & 7 == _DELIMITED:
            length, place = _varint(data, place)
            if length is None or place + length > len(data):
                return name, f"the data ends: {length} bytes wanted, {max(0, len(data) - place)} left"
            fault = _within(field, data[place : place + length], name)
            if fault is not None:
                return fault
            place += length
        else:
            return name, f"the tag {tag} is of no kind that there is"
    return None


def _within(field: Any, data: bytes, name: str) -> tuple[str, str] | None:
    if field is None:
        return None
    if field.type == field.TYPE_MESSAGE:
        return find_fault(field.message_type, data, name)
    if field.type == field.TYPE_STRING:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            return name, f"no UTF-8: {error}"
    return None


def _varint(data: bytes, place: int) -> tuple[int | None, int]:
    value = 0
    for shift in range(10):
        if place >= len(data):
            return None, place
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, place
    return None, place
