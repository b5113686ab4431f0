"""Hash functions whose results are part of Kafka's wire: equal to Java's, bit by bit.

murmur2 chooses the partition of a key (Kafka's default partitioner); murmur3_128 marks values in foreign-key joins. Both are
Austin Appleby's public domain functions.
"""

from __future__ import annotations

from struct import Struct

_MASK_32 = 0xFFFFFFFF
_MASK_64 = 0xFFFFFFFFFFFFFFFF
_COMMON_WORDS = 32

_WORD_READERS = tuple(Struct(f"<{count}I").unpack_from for count in range(_COMMON_WORDS))
_LONG_PAIRS = tuple(Struct(f"<{2 * count}Q").unpack_from for count in range(_COMMON_WORDS))
_TWO_LONGS = Struct(">QQ").pack


def murmur2(data: bytes) -> int:
    """Kafka's murmur2 as a signed 32-bit number.

    >>> murmur2(b"21")
    -973932308
    """
    hashed = _murmur2(data)
    return hashed - 0x100000000 if hashed & 0x80000000 else hashed


def to_positive(number: int) -> int:
    """A signed 32-bit number without its sign bit; not its absolute value."""
    return number & 0x7FFFFFFF


def partition_for(key: bytes, partitions: int) -> int:
    """The partition of a key among `partitions`, as Kafka's default partitioner chooses it.

    >>> partition_for(b"a", 4)
    0
    """
    return (_murmur2(key) & 0x7FFFFFFF) % partitions if partitions > 1 else 0


def _murmur2(data: bytes) -> int:
    length = len(data)
    words = length >> 2
    reader = _WORD_READERS[words] if words < _COMMON_WORDS else Struct(f"<{words}I").unpack_from
    hashed = 0x9747B28C ^ length
    for word in reader(data):
        mixed = word * 0x5BD1E995 & _MASK_32
        hashed = (hashed * 0x5BD1E995 ^ (mixed ^ mixed >> 24) * 0x5BD1E995) & _MASK_32
    if length & 3:
        hashed = (hashed ^ int.from_bytes(data[words << 2 :], "little")) * 0x5BD1E995 & _MASK_32
    hashed = (hashed ^ hashed >> 13) * 0x5BD1E995 & _MASK_32
    return hashed ^ hashed >> 15


def murmur3_128(data: bytes) -> bytes:
    """Murmur3 (x64, 128 bits, seed 104729) as 16 bytes: Java's two longs in order, each big-endian."""
    length = len(data)
    blocks = length >> 4
    reader = _LONG_PAIRS[blocks] if blocks < _COMMON_WORDS else Struct(f"<{2 * blocks}Q").unpack_from
    h1 = h2 = 104729
    longs = iter(reader(data))
    for k1, k2 in zip(longs, longs, strict=True):
        h1 = _rotated(h1 ^ _scrambled_1(k1), 27) + h2
        h1 = (h1 * 5 + 0x52DCE729) & _MASK_64
        h2 = _rotated(h2 ^ _scrambled_2(k2), 31) + h1
        h2 = (h2 * 5 + 0x38495AB5) & _MASK_64
    tail = data[blocks << 4 :]
    h1 ^= _scrambled_1(int.from_bytes(tail[:8], "little")) ^ length
    h2 ^= _scrambled_2(int.from_bytes(tail[8:], "little")) ^ length
    h1 = (h1 + h2) & _MASK_64
    h2 = (h2 + h1) & _MASK_64
    h1, h2 = _avalanche(h1), _avalanche(h2)
    h1 = (h1 + h2) & _MASK_64
    return _TWO_LONGS(h1, (h2 + h1) & _MASK_64)


def _rotated(number: int, bits: int) -> int:
    return (number << bits | number >> 64 - bits) & _MASK_64


def _scrambled_1(number: int) -> int:
    return _rotated(number * 0x87C37B91114253D5 & _MASK_64, 31) * 0x4CF5AD432745937F & _MASK_64


def _scrambled_2(number: int) -> int:
    return _rotated(number * 0x4CF5AD432745937F & _MASK_64, 33) * 0x87C37B91114253D5 & _MASK_64


def _avalanche(number: int) -> int:
    number = (number ^ number >> 33) * 0xFF51AFD7ED558CCD & _MASK_64
    number = (number ^ number >> 33) * 0xC4CEB9FE1A85EC53 & _MASK_64
    return number ^ number >> 33
