"""The contract between bytes and values. A format makes bound functions once; per record nothing else is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Format(Generic[T]):
    """Turns values of type T into bytes and back, for the keys or values of a topic or store.

    None never reaches a format: absent keys and tombstones are handled outside. Formats are immutable and comparable:
    two that are equal write the same bytes for the same value.
    """

    exact: bool = False
    """True if two values are equal exactly when their bytes are, and values are hashable (str, int, bytes ...).
    Only then can decoded keys stand for their bytes in caches; JSON keys cannot (1 == 1.0 == True)."""

    layout: str | None = None
    """What bytes look like, in words; formats of different layouts never write a key as the same bytes. None: not known, as of
    bytes that anything may be in. Topics whose keys have different layouts cannot be joined."""

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[T], bytes]:
        """A function from a value to its bytes. It raises any exception on a value it cannot write."""
        raise NotImplementedError

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], T]:
        """A function from bytes to a value. It raises any exception on bytes it cannot read."""
        raise NotImplementedError

    def copier(self) -> Callable[[T, bytes], T] | None:
        """From a value and its bytes to what decoding these gives, where there is a cheaper way; None where there is none.

        The copy shares nothing with the value that can be changed. It must not fail.
        """
        return None

    def partition_encoder(self, topic: str) -> Callable[[T], bytes]:
        """The bytes that decide a key's partition: the key's own, and the inner key's for windowed keys."""
        return self.encoder(topic, is_key=True)
