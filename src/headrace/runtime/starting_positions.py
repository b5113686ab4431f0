"""Where a task begins to read: at its committed positions, else as the source's offset reset says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headrace.core.errors import OffsetOutOfRangeError
from headrace.core.identifiers import TopicPartition
from headrace.core.time import Clock
from headrace.log.api import Admin, Position
from headrace.observe.events import event_logger

_log = event_logger("positions")
_BY_DURATION = "by-duration:"


def starting_positions(
    admin: Admin,
    clock: Clock,
    committed: Mapping[TopicPartition, Position],
    resets: Mapping[TopicPartition, str],
) -> dict[TopicPartition, int]:
    """The first offset to read of each partition.

    A committed position that is not in the partition any more (its records were given up, or the topic was made anew) is
    treated as if there were none, and reported.

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
            if position is not None:
                _report_lost(partition, position.offset, first[partition], end[partition], resets[partition])
    return found | _reset(admin, clock, fresh, resets, first, end)


def _report_lost(partition: TopicPartition, position: int, first: int, end: int, reset: str) -> None:
    if reset == "none":
        message = f"the committed position {position} of {partition} is not there any more: it has offsets {first} to {end}"
        hint = 'choose where to go on: Consumed(offset_reset="earliest"), or set a position with the reset command'
        raise OffsetOutOfRangeError(message, hint=hint)
    _log.warning("position_out_of_range", partition=str(partition), position=position, first=first, end=end, reset=reset)


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
