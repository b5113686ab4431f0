"""Which message of a Protobuf schema data is of: the numbers between the header and the data in Confluent's wire format.

A count and as many places, from the outermost message inwards, all as zig-zag varints. The first message, which nearly all
data is of, is a single zero.
"""

from __future__ import annotations

from typing import Any

from headrace.core.errors import DecodeError
from headrace.formats.extras import required

FIRST = b"\x00"


def index_bytes(descriptor: Any) -> bytes:
    """The numbers for a message."""
    places: list[int] = []
    while descriptor.containing_type is not None:
        names = [nested.name for nested in descriptor.containing_type.nested_types]
        places.insert(0, names.index(descriptor.name))
        descriptor = descriptor.containing_type
    places.insert(0, _messages(descriptor.file).index(descriptor.name))
    if places == [0]:
        return FIRST
    return b"".join(_zigzag(number) for number in (len(places), *places))


def read_index(data: bytes, start: int) -> tuple[tuple[int, ...], int]:
    """The places, and where the data begins. Raises DecodeError."""
    count, start = _unzigzag(data, start)
    if count == 0:
        return (0,), start
    if not 0 < count <= len(data):
        message = f"{count} is no depth of a Protobuf message: the record has no index of its message"
        raise DecodeError(message)
    places = []
    for _ in range(count):
        place, start = _unzigzag(data, start)
        places.append(place)
    return tuple(places), start


def message_at(file: Any, places: tuple[int, ...]) -> Any:
    """The descriptor of a message in a FileDescriptor. Raises DecodeError."""
    try:
        found = file.message_types_by_name[_messages(file)[places[0]]]
        for place in places[1:]:
            found = found.nested_types[place]
    except IndexError:
        message = f"the schema has no message at {list(places)}"
        raise DecodeError(message) from None
    return found


def _messages(file: Any) -> list[str]:
    """Names of the outer messages in the order of the file, which the library's own mapping does not promise."""
    described = required("google.protobuf.descriptor_pb2", "protobuf").FileDescriptorProto()
    file.CopyToProto(described)
    return [message.name for message in described.message_type]


def _zigzag(number: int) -> bytes:
    value, encoded = number << 1, bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _unzigzag(data: bytes, start: int) -> tuple[int, int]:
    value = 0
    for shift in range(5):
        if start >= len(data):
            break
        byte = data[start]
        start += 1
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value >> 1 ^ -(value & 1), start
    message = "the data ends within the index of its message"
    raise DecodeError(message)
