"""Metadata of positions, with what librdkafka may leave behind it."""

import pytest

from headrace.log.kafka.position_text import without_rest
from headrace.runtime.commit.positions import PositionMetadata

HEAD = "AgAAAaH/CeFA"
TIMES = [PositionMetadata(5, tuple((f"{'n' * length}", 7) for _ in range(count))) for length in range(1, 5) for count in (1, 2)]
RESTS = [
    b"",
    b"v\x7f",
    b"\x12V",
    b"requested",
    b"requests",
    b"AAAA",
    b"AAAAAAAA",
    b"abc=",
    b"ab==",
    b"\xd2\xff",
    b"1",
    "é".encode(),
]


@pytest.mark.parametrize("rest", RESTS)
def test_what_follows_kafka_streams_metadata_is_left_out(rest: bytes) -> None:
    assert without_rest(HEAD.encode() + rest) == HEAD
    for metadata in (PositionMetadata(), *TIMES):
        assert without_rest(metadata.encode().encode() + rest) == metadata.encode()


def test_other_text_stays_as_it_is() -> None:
    assert [without_rest(text.encode()) for text in ("", "m", "read by job 7")] == ["", "m", "read by job 7"]
    assert without_rest(b"job\xd2") == "job"
