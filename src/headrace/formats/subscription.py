"""What foreign-key joins write: the bytes of Java's SubscriptionWrapper, SubscriptionResponseWrapper and CombinedKey.

Source: KIP-213 and, for the primary partition (version 1), KIP-775. The first byte holds the version, and its highest bit says
that there is no hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Generic, NamedTuple, NoReturn, TypeVar

from headrace.core.errors import DecodeError
from headrace.formats.api import Format

K = TypeVar("K")
V = TypeVar("V")
FK = TypeVar("FK")

_INT = Struct(">i")
_NO_HASH = 0x80
_HASH_SIZE = 16
_PRIMARY_TOPIC, _FOREIGN_TOPIC = "-pk", "-fk"


class Instruction(IntEnum):
    """What the foreign table's side does with a subscription."""

    DELETE_KEY_NO_PROPAGATE = 0
    DELETE_KEY_AND_PROPAGATE = 1
    PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE = 2
    PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE = 3


_INSTRUCTIONS = tuple(Instruction)


class SubscriptionWrapper(NamedTuple, Generic[K]):
    """A row of the primary table subscribes to (or leaves) a key of the foreign table.

    Attributes:
        hash: murmur3_128 of the row's value bytes; None when the row was deleted.
        instruction: What to do and answer.
        primary_key: The row's key.
        primary_partition: Partition of the primary table to answer to; None in records of version 0 (before Kafka 3.4).
    """

    hash: bytes | None
    instruction: Instruction
    primary_key: K
    primary_partition: int | None


class SubscriptionResponseWrapper(NamedTuple, Generic[V]):
    """The foreign table's answer to a subscription.

    Attributes:
        hash: The subscription's, by which outdated answers are found out.
        foreign_value: The foreign row; None if there is none.
        primary_partition: Where to send the answer; not written. None leaves it to the default partitioner.
    """

    hash: bytes | None
    foreign_value: V | None
    primary_partition: int | None = None


class CombinedKey(NamedTuple, Generic[FK, K]):
    """Key of the subscription store: all subscribers of a foreign key lie together."""

    foreign_key: FK
    primary_key: K


@dataclass(frozen=True)
class SubscriptionFormat(Format[SubscriptionWrapper[K]]):
    """`version + instruction + hash (16) + primary key + primary partition (4)`; version 0 has no partition."""

    primary_key: Format[K]

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[SubscriptionWrapper[K]], bytes]:
        """Writes version 1, or 0 where the subscription has no partition."""
        encode_key = self.primary_key.encoder(topic + _PRIMARY_TOPIC, is_key=True)

        def encode(subscription: SubscriptionWrapper[K]) -> bytes:
            hashed, instruction, key, partition = subscription
            version, tail = (0, b"") if partition is None else (1, _INT.pack(partition))
            head = bytes((version | (_NO_HASH if hashed is None else 0), instruction))
            return b"%b%b%b%b" % (head, hashed or b"", encode_key(key), tail)

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], SubscriptionWrapper[K]]:
        """DecodeError on an unknown version or instruction, and on missing bytes."""
        decode_key = self.primary_key.decoder(topic + _PRIMARY_TOPIC, is_key=True)

        def decode(data: bytes) -> SubscriptionWrapper[K]:
            if len(data) < 2:
                _cut_off("subscription", data)
            version, instruction = data[0] & 0x7F, data[1]
            if version > 1 or instruction > 3:
                message = f"a subscription has version {version} and instruction {instruction}; known are 0-1 and 0-3"
                raise DecodeError(message)
            start = 2 if data[0] & _NO_HASH else 2 + _HASH_SIZE
            end = len(data) - (4 if version else 0)
            if end < start:
                _cut_off("subscription", data)
            return SubscriptionWrapper(
                data[2:start] or None,
                _INSTRUCTIONS[instruction],
                decode_key(data[start:end]),
                _INT.unpack_from(data, end)[0] if version else None,
            )

        return decode


@dataclass(frozen=True)
class SubscriptionResponseFormat(Format[SubscriptionResponseWrapper[V]]):
    """`version + hash (16) + foreign value`. As in Java, a foreign value of no bytes reads as None."""

    foreign_value: Format[V]

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[SubscriptionResponseWrapper[V]], bytes]:
        """Writes version 0."""
        encode_value = self.foreign_value.encoder(topic, is_key=False)

        def encode(response: SubscriptionResponseWrapper[V]) -> bytes:
            hashed, value, _ = response
            head = b"\x80" if hashed is None else b"\x00" + hashed
            return head if value is None else head + encode_value(value)

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], SubscriptionResponseWrapper[V]]:
        """DecodeError on an unknown version and on missing bytes."""
        decode_value = self.foreign_value.decoder(topic, is_key=False)

        def decode(data: bytes) -> SubscriptionResponseWrapper[V]:
            if not data:
                _cut_off("subscription response", data)
            if data[0] & 0x7F:
                message = f"a subscription response has version {data[0] & 0x7F}; known is 0"
                raise DecodeError(message)
            start = 1 if data[0] & _NO_HASH else 1 + _HASH_SIZE
            if len(data) < start:
                _cut_off("subscription response", data)
            value = data[start:]
            return SubscriptionResponseWrapper(data[1:start] or None, decode_value(value) if value else None)

        return decode


@dataclass(frozen=True, init=False)
class CombinedKeyFormat(Format[CombinedKey[FK, K]]):
    """`length of the foreign key (4) + foreign key + primary key`."""

    foreign_key: Format[FK]
    primary_key: Format[K]

    def __init__(self, foreign_key: Format[FK], primary_key: Format[K]) -> None:
        object.__setattr__(self, "foreign_key", foreign_key)
        object.__setattr__(self, "primary_key", primary_key)
        object.__setattr__(self, "exact", foreign_key.exact and primary_key.exact)

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[CombinedKey[FK, K]], bytes]:
        """Both keys."""
        encode_prefix = self.prefix_encoder(topic)
        encode_primary = self.primary_key.encoder(topic + _PRIMARY_TOPIC, is_key=True)

        def encode(key: CombinedKey[FK, K]) -> bytes:
            return encode_prefix(key[0]) + encode_primary(key[1])

        return encode

    def prefix_encoder(self, topic: str) -> Callable[[FK], bytes]:
        """The bytes that all combined keys of a foreign key begin with, and no others."""
        encode_foreign = self.foreign_key.encoder(topic + _FOREIGN_TOPIC, is_key=True)

        def encode(foreign_key: FK) -> bytes:
            data = encode_foreign(foreign_key)
            return _INT.pack(len(data)) + data

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], CombinedKey[FK, K]]:
        """DecodeError on missing bytes."""
        decode_foreign = self.foreign_key.decoder(topic + _FOREIGN_TOPIC, is_key=True)
        decode_primary = self.primary_key.decoder(topic + _PRIMARY_TOPIC, is_key=True)

        def decode(data: bytes) -> CombinedKey[FK, K]:
            end = 4 + int.from_bytes(data[:4], "big")
            if len(data) < end:
                _cut_off("combined key", data)
            return CombinedKey(decode_foreign(data[4:end]), decode_primary(data[end:]))

        return decode


def _cut_off(what: str, data: bytes) -> NoReturn:
    message = f"a {what} of a foreign-key join is cut off: {len(data)} bytes, {data[:32]!r}"
    raise DecodeError(message)
