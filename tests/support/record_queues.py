"""Record queues over batches given as plain lists."""

from collections.abc import Callable, Sequence
from typing import Any

from headrace import Json, ManualClock, RecordTime, String, TopicPartition
from headrace.log.api import RecordBatch
from headrace.processor.timestamps import TimestampExtractor
from headrace.runtime.tasks.compile import Entrance
from headrace.runtime.tasks.extraction import Extraction
from headrace.runtime.tasks.record_queue import RecordQueue


def batch(
    values: Sequence[bytes | None],
    *,
    topic: str = "in",
    first: int = 0,
    times: Sequence[int] | None = None,
    next_offset: int | None = None,
) -> RecordBatch:
    """Records with the key `k`, at times equal to their offsets."""
    count = len(values)
    return RecordBatch(
        topic,
        0,
        range(first, first + count),
        list(times) if times is not None else list(range(first, first + count)),
        [b"k"] * count,
        list(values),
        None,
        first + count if next_offset is None else next_offset,
    )


class Bad:
    """Notes what is left out."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str]] = []

    def __call__(self, raw: RecordBatch, index: int, error: Exception) -> None:
        self.seen.append((raw.offsets[index], str(error)))


def queue(
    topic: str = "in",
    *,
    bad: Callable[[RecordBatch, int, Exception], None] | None = None,
    extractor: TimestampExtractor | None = None,
    dropped: Callable[[], None] = lambda: None,
    row: Any = None,
    on_use: bool = False,
) -> RecordQueue:
    extraction = Extraction(extractor or RecordTime(), ManualClock(77), dropped)
    entrance = Entrance(row or (lambda *_: None))
    return RecordQueue(TopicPartition(topic, 0), entrance, String(), Json(), extraction, bad or Bad(), on_use=on_use)
