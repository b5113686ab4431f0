"""What compaction keeps: pure decisions, the same for every log that cleans for itself.

As on Kafka: the last record of each key stays, a tombstone stays until `delete.retention.ms` after the first compaction
that saw it, offsets never change, and records younger than `min.compaction.lag.ms` are left alone with all after them.
The last record of a partition always stays, so that a reader at any position reaches the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Marks = tuple[tuple[int, int], ...]
"""When a partition was compacted: (offset up to which, time in ms), both ascending."""

NO_MARKS: Marks = ()


def compacted_to(marks: Marks) -> int:
    """The offset below which no key occurs twice."""
    return marks[-1][0] if marks else 0


def tombstones_end(marks: Marks, now_ms: int, delete_retention_ms: int) -> int:
    """The offset below which tombstones have been kept long enough."""
    return max((offset for offset, at_ms in marks if at_ms + delete_retention_ms <= now_ms), default=0)


def marked(marks: Marks, end: int, now_ms: int, delete_retention_ms: int) -> Marks:
    """The marks after a compaction up to `end`; those that no longer decide anything are left out."""
    done = tombstones_end(marks, now_ms, delete_retention_ms)
    kept = tuple(mark for mark in marks if mark[0] >= done)
    return kept if end <= compacted_to(kept) else (*kept, (end, now_ms))


def lag_bound(timestamps: Sequence[int], now_ms: int, min_lag_ms: int) -> int:
    """The index of the first record that is too young to be compacted; the count if none is."""
    if min_lag_ms <= 0:
        return len(timestamps)
    youngest = now_ms - min_lag_ms
    return next((index for index, timestamp in enumerate(timestamps) if timestamp > youngest), len(timestamps))


def kept_indexes(
    offsets: Sequence[int],
    keys: Sequence[bytes | None],
    values: Sequence[bytes | None],
    *,
    latest: Mapping[bytes | None, int],
    tombstones_to: int,
    end: int,
) -> list[int]:
    """Which records stay.

    Args:
        offsets: Their offsets.
        keys: Their keys.
        values: Their values.
        latest: The last offset of each key that was seen in the part that is compacted.
        tombstones_to: Below it, tombstones go.
        end: The partition's end; the record before it stays.
    """
    return [
        index
        for index, (offset, newest, value) in enumerate(zip(offsets, map(latest.get, keys, offsets), values, strict=True))
        if (newest <= offset and (value is not None or offset >= tombstones_to)) or offset == end - 1
    ]
