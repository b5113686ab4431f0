import base64

import pytest

from headrace.runtime.commit.positions import PositionMetadata, decode_metadata, merged_times


def test_partition_time_alone_has_the_bytes_that_kafka_streams_writes() -> None:
    assert PositionMetadata(2_000).encode() == "AgAAAAAAAAfQ"
    assert decode_metadata("AgAAAAAAAAfQ") == PositionMetadata(2_000)


def test_named_times_follow_as_kafka_streams_writes_processor_metadata() -> None:
    metadata = PositionMetadata(5, (("a", 1), ("längs", 2**40)))
    body = base64.b64decode(metadata.encode())
    assert body[:9] == bytes([2, 0, 0, 0, 0, 0, 0, 0, 5])
    assert body[9:13] == bytes([0, 0, 0, 2])
    assert body[13:26] == bytes([0, 0, 0, 1]) + b"a" + bytes([0, 0, 0, 0, 0, 0, 0, 1])
    assert decode_metadata(metadata.encode()) == metadata


def test_the_older_format_has_a_partition_time_only() -> None:
    older = base64.b64encode(bytes([1, 0, 0, 0, 0, 0, 0, 0, 7])).decode()
    assert decode_metadata(older) == PositionMetadata(7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        "AgAA",
        base64.b64encode(bytes([2]) + bytes(8) + bytes([0, 0, 0, 3])).decode(),
        base64.b64encode(bytes([2]) + bytes(8) + bytes([0, 0, 0, 1, 255, 255, 255, 240])).decode(),
        base64.b64encode(bytes([2]) + bytes(8) + bytes([0, 0, 0, 1, 0, 0, 0, 1, 255]) + bytes(8)).decode(),
    ],
)
def test_foreign_or_broken_text_counts_as_unknown(text: str) -> None:
    assert decode_metadata(text) == PositionMetadata()


def test_a_task_takes_the_largest_time_of_each_name_over_its_partitions() -> None:
    one = PositionMetadata(1, (("a", 5), ("b", 1)))
    other = PositionMetadata(2, (("b", 7), ("c", 0)))
    assert merged_times([one, other, PositionMetadata()]) == {"a": 5, "b": 7, "c": 0}
