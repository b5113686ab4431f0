"""The metadata of committed positions, without what librdkafka leaves behind its end.

librdkafka (2.16) copies the text of a position without a final NUL, and the Python client reads up to the next NUL it happens
to find. What the Python client itself has committed has one, which it sends along; what Java has committed has none, so that
remains of other strings follow. The end of what Kafka Streams commits can be told by its layout: Base64 of a version, a time
(8 bytes), and from version 2 on perhaps a count (4 bytes) of entries, each with a length (4), a name and a value (8).
"""

from __future__ import annotations

import base64
import re
import struct

from confluent_kafka import TopicPartition as KafkaPartition

_HEAD = 9
_VERSIONS = (1, 2)
_WHOLE = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def metadata_of(entry: KafkaPartition) -> str:
    """What was committed with a position."""
    try:
        raw = (entry.metadata or "").encode()
    except UnicodeDecodeError as error:
        raw = error.object
    return without_rest(raw)


def without_rest(raw: bytes) -> str:
    """The text up to its end, as far as that can be told: all of it where it is not Kafka Streams'."""
    found = _WHOLE.match(raw)
    body = base64.b64decode(found.group()) if found is not None else b""
    if len(body) < _HEAD or body[0] not in _VERSIONS:
        return raw.decode(errors="ignore")
    size = _HEAD if body[0] == 1 else _end_of_entries(body)
    return raw[: (size + 2) // 3 * 4].decode()


def _end_of_entries(body: bytes) -> int:
    """Where the entries end; the end of the head where what follows are none."""
    try:
        (count,) = struct.unpack_from(">I", body, _HEAD)
        at = _HEAD + 4
        for _ in range(count):
            (length,) = struct.unpack_from(">I", body, at)
            at += 4 + length + 8
            if at > len(body):
                return _HEAD
    except struct.error:
        return _HEAD
    return at if count else _HEAD
