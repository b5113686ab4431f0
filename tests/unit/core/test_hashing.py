import pytest

from headrace.core.hashing import murmur2, murmur3_128, partition_for, to_positive

JAVA_MURMUR2 = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


@pytest.mark.parametrize(("text", "expected"), JAVA_MURMUR2.items())
def test_murmur2_equals_the_vectors_of_kafkas_own_tests(text, expected):
    assert murmur2(text.encode()) == expected


def test_to_positive_drops_the_sign_bit_only():
    assert (to_positive(-1), to_positive(-(2**31)), to_positive(5)) == (2**31 - 1, 0, 5)


def test_partitions_equal_those_a_java_producer_chose():
    assert [partition_for(key, 4) for key in (b"a", b"b")] == [0, 0]


def test_partition_is_the_positive_hash_modulo_the_count():
    for text, hashed in JAVA_MURMUR2.items():
        assert partition_for(text.encode(), 7) == (hashed & 0x7FFFFFFF) % 7


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 127, 128, 131, 1000])
def test_murmur2_reads_every_byte_of_any_length(length):
    data = bytes(range(1, 251)) * 5
    assert len({murmur2(data[:length]), murmur2(data[: length + 1]), murmur2(data[1 : length + 1] + b"!")}) == 3


def test_murmur3_equals_the_hash_recorded_from_a_foreign_key_join():
    assert murmur3_128(b"F").hex() == "f3a4f244fac77d1dd94ae8387a5d48b6"


def reference_murmur3(data: bytes) -> bytes:
    """The published algorithm, byte by byte, as a second opinion for long inputs."""
    mask, c1, c2 = 2**64 - 1, 0x87C37B91114253D5, 0x4CF5AD432745937F
    h = [104729, 104729]

    def rotl(x, r):
        return ((x << r) | (x >> (64 - r))) & mask

    def fmix(x):
        for m in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
            x = ((x ^ (x >> 33)) * m) & mask
        return x ^ (x >> 33)

    for at in range(0, len(data) // 16 * 16, 16):
        k1 = sum(data[at + i] << 8 * i for i in range(8))
        k2 = sum(data[at + 8 + i] << 8 * i for i in range(8))
        h[0] ^= (rotl((k1 * c1) & mask, 31) * c2) & mask
        h[0] = ((((rotl(h[0], 27) + h[1]) & mask) * 5) + 0x52DCE729) & mask
        h[1] ^= (rotl((k2 * c2) & mask, 33) * c1) & mask
        h[1] = ((((rotl(h[1], 31) + h[0]) & mask) * 5) + 0x38495AB5) & mask
    tail = data[len(data) // 16 * 16 :].ljust(16, b"\0")
    h[0] ^= (rotl((int.from_bytes(tail[:8], "little") * c1) & mask, 31) * c2) & mask
    h[1] ^= (rotl((int.from_bytes(tail[8:], "little") * c2) & mask, 33) * c1) & mask
    a, b = h[0] ^ len(data), h[1] ^ len(data)
    a = (a + b) & mask
    b = (b + a) & mask
    a, b = fmix(a), fmix(b)
    a = (a + b) & mask
    return a.to_bytes(8, "big") + ((b + a) & mask).to_bytes(8, "big")


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 600])
def test_murmur3_agrees_with_the_published_algorithm_at_block_borders(length):
    data = bytes(i * 37 % 256 for i in range(length))
    assert murmur3_128(data) == reference_murmur3(data)
