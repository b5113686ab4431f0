"""Where a task begins to read: at its committed positions, else as the source's offset reset says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headrace.core.errors import OffsetOutOfRangeError
from headrace.core.identifiers import TopicPartition
from headrace.core.time import Clock
from headrace.log.api import Admin, Position

_BY_DURATION = "by-duration:"


def starting_positions(
    admin: Admin,
    clock: Clock,
    committed: Mapping[TopicPartition, Position],
    resets: Mapping[TopicPartition, str],
) -> dict[TopicPartition, int]:
    """The first offset to read of each partition.

    A committed position that is not in the partition any more is treated as if there were none.

    `resets` names per partition `earliest`, `latest`, `none` or `by-duration:<ms>`.

    Raises:
        OffsetOutOfRangeError: There is no (valid) position, and the reset is `none`.
    """
    partitions = list(resets)
    first, end = admin.start_offsets(partitions), admin.end_offsets(partitions)
    found: dict[TopicPartition, int] = {}
    fresh: list[TopicPartition] = []
    for partition in partitions:
        position = committed.get(partition)
        if position is not None and first[partition] <= position.offset <= end[partition]:
            found[partition] = position.offset
        else:
            fresh.append(partition)
    return found | _reset(admin, clock, fresh, resets, first, end)


def _reset(
    admin: Admin,
    clock: Clock,
    fresh: Sequence[TopicPartition],
    resets: Mapping[TopicPartition, str],
    first: Mapping[TopicPartition, int],
    end: Mapping[TopicPartition, int],
) -> dict[TopicPartition, int]:
    found: dict[TopicPartition, int] = {}
    for partition in fresh:
        reset = resets[partition]
        if reset == "earliest":
            found[partition] = first[partition]
        elif reset == "latest":
            found[partition] = end[partition]
        elif reset.startswith(_BY_DURATION):
            since = clock.now_ms() - int(reset.removeprefix(_BY_DURATION))
            found.update(admin.offsets_for_times({partition: since}))
        else:
            message = f"no position is committed for {partition}, and its source's offset reset is 'none'"
            hint = 'commit one, or choose where to begin: Consumed(offset_reset="earliest")'
            raise OffsetOutOfRangeError(message, hint=hint)
    return found
