"""Windowed keys on topics: the bytes of Java's TimeWindowedSerializer and SessionWindowedSerializer.

A changelog of a window store has other keys (with a sequence number); its layout belongs to the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import TypeVar

from headrace.core.errors import ConfigurationError
from headrace.core.time import Duration, to_ms
from headrace.core.windows import END_OF_TIME, Windowed
from headrace.formats.api import Format

K = TypeVar("K")

_ONE_LONG = Struct(">q")
_TWO_LONGS = Struct(">qq")


@dataclass(frozen=True, init=False)
class WindowedFormat(Format[Windowed[K]]):
    """Keys of time windows: the inner key, then the window's start (8 bytes). The end is not written.

    Args:
        inner: Format of the key.
        size: Length of the windows, from which a reader takes the end; for sliding windows their time difference.

    Raises:
        ConfigurationError: The size is negative.
    """

    inner: Format[K]
    size_ms: int

    def __init__(self, inner: Format[K], size: Duration) -> None:
        size_ms = to_ms(size)
        if size_ms < 0:
            message = f"window size must not be negative, got {size_ms} ms"
            raise ConfigurationError(message)
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "size_ms", size_ms)
        object.__setattr__(self, "exact", inner.exact)
        object.__setattr__(self, "layout", inner.layout)  # partitions are those of the inner key

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[Windowed[K]], bytes]:
        """Inner key and start."""
        inner, pack = self.inner.encoder(topic, is_key=is_key), _ONE_LONG.pack

        def encode(windowed: Windowed[K]) -> bytes:
            return inner(windowed.key) + pack(windowed.start)

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], Windowed[K]]:
        """Inner key and start; struct.error on fewer than 8 bytes."""
        inner, unpack, size = self.inner.decoder(topic, is_key=is_key), _ONE_LONG.unpack_from, self.size_ms

        def decode(data: bytes) -> Windowed[K]:
            (start,) = unpack(data, -8)
            return Windowed(inner(data[:-8]), start, min(start + size, END_OF_TIME))

        return decode

    def partition_encoder(self, topic: str) -> Callable[[Windowed[K]], bytes]:
        """The inner key's bytes, so that all windows of a key share its partition."""
        return _of_inner_key(self.inner, topic)


@dataclass(frozen=True, init=False)
class SessionWindowedFormat(Format[Windowed[K]]):
    """Keys of sessions: the inner key, then the session's end and start (8 bytes each)."""

    inner: Format[K]

    def __init__(self, inner: Format[K]) -> None:
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "exact", inner.exact)
        object.__setattr__(self, "layout", inner.layout)  # partitions are those of the inner key

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[Windowed[K]], bytes]:
        """Inner key, end, start."""
        inner, pack = self.inner.encoder(topic, is_key=is_key), _TWO_LONGS.pack

        def encode(windowed: Windowed[K]) -> bytes:
            return inner(windowed.key) + pack(windowed.end, windowed.start)

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], Windowed[K]]:
        """Inner key, end, start; struct.error on fewer than 16 bytes."""
        inner, unpack = self.inner.decoder(topic, is_key=is_key), _TWO_LONGS.unpack_from

        def decode(data: bytes) -> Windowed[K]:
            end, start = unpack(data, -16)
            return Windowed(inner(data[:-16]), start, end)

        return decode

    def partition_encoder(self, topic: str) -> Callable[[Windowed[K]], bytes]:
        """The inner key's bytes, so that all sessions of a key share its partition."""
        return _of_inner_key(self.inner, topic)


def _of_inner_key(inner: Format[K], topic: str) -> Callable[[Windowed[K]], bytes]:
    encode = inner.partition_encoder(topic)

    def encode_key(windowed: Windowed[K]) -> bytes:
        return encode(windowed.key)

    return encode_key
