"""How one poll shares its records among partitions; the same on every log that reads for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headrace.log.api import RecordBatch


class Cursor(Protocol):
    """A place in one partition."""

    def take(self, limit: int) -> RecordBatch | None:
        """The next records, at most `limit` (at least 1), and moves on; None at the end."""
        ...


def take_fairly(cursors: Sequence[Cursor], max_records: int) -> list[RecordBatch]:
    """About `max_records` records: every cursor gets an equal share, and what some leave goes to those that have more."""
    batches: list[RecordBatch] = []
    budget = max_records
    hungry = list(cursors)
    while hungry and budget > 0:
        still_hungry = []
        for index, cursor in enumerate(hungry):
            share = -(-budget // (len(hungry) - index))
            taken = _take_share(cursor, share, batches)
            budget -= taken
            if taken == share:
                still_hungry.append(cursor)
            if budget <= 0:
                break
        hungry = still_hungry
    return batches


def _take_share(cursor: Cursor, share: int, batches: list[RecordBatch]) -> int:
    taken = 0
    while taken < share:
        batch = cursor.take(share - taken)
        if batch is None:
            break
        batches.append(batch)
        taken += len(batch.timestamps)
    return taken


def rotated(cursors: Sequence[Cursor], turn: int) -> Sequence[Cursor]:
    """The same cursors, beginning with another one each turn, so that a small poll serves all in the long run."""
    if len(cursors) < 2:
        return cursors
    first = turn % len(cursors)
    return [*cursors[first:], *cursors[:first]]
