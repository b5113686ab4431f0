"""Has every event come out once? Asked while everything runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headrace.core.errors import HeadraceError
from headrace.core.identifiers import TopicPartition
from segmenter.model import DEVICE_FORMAT, ENVELOPE_FORMAT, EVENTS, SESSION_EVENTS, SESSION_KEY_FORMAT, Envelope
from segmenter.surroundings import Surroundings

_AT_ONCE = 10_000
_WAIT_S = 1.0

Ends = Mapping[TopicPartition, int]
Events = Counter[tuple[str, Envelope]]
"""How often there is an event of a device; with its time, hardly one is there twice."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found."""

    events: int
    sessions: int
    lost: int
    doubled: int


def compare(around: Surroundings, app_id: str, patience_s: float = 60.0) -> Comparison:
    """Compares all events that are there now with committed session events.

    Raises:
        HeadraceError: The segmenter does not get so far within the time.
    """
    ends = _ends(around, EVENTS)
    _wait_until_processed(around, app_id, ends, patience_s)
    given = _events(around, ends)
    sessions: set[str] = set()
    made: Events = Counter()
    keys = around.connected(SESSION_KEY_FORMAT).decoder(SESSION_EVENTS, is_key=True)
    for key, envelope in _records(around, SESSION_EVENTS, _ends(around, SESSION_EVENTS), keys):
        sessions.add(str(key))
        made[key.device.id, envelope] += 1
    lost = (given - made).total()
    doubled = (made - _events(around, _ends(around, EVENTS))).total()  # more than there are by now
    return Comparison(given.total(), len(sessions), lost, doubled)


def _events(around: Surroundings, ends: Ends) -> Events:
    keys = around.connected(DEVICE_FORMAT).decoder(EVENTS, is_key=True)
    return Counter((device.id, envelope) for device, envelope in _records(around, EVENTS, ends, keys))


def _ends(around: Surroundings, topic: str) -> Ends:
    admin = around.log.admin()
    return admin.end_offsets([TopicPartition(topic, number) for number in range(admin.partition_counts().get(topic, 0))])


def _wait_until_processed(around: Surroundings, app_id: str, ends: Ends, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    admin = around.log.admin()
    while True:
        positions = admin.positions(app_id)
        left = sum(end - (positions[where].offset if where in positions else 0) for where, end in ends.items())
        behind = any(end > (positions[where].offset if where in positions else 0) for where, end in ends.items())
        if not behind:
            return
        if time.monotonic() > deadline:
            message = f"the segmenter is {left} events behind after {patience_s:g} s"
            raise HeadraceError(message, hint="is an instance running? make top")
        time.sleep(_WAIT_S)


def _records(around: Surroundings, topic: str, ends: Ends, key_of: Callable[[bytes], Any]) -> Iterator[tuple[Any, Envelope]]:
    """Key and value of what is committed below the ends."""
    value_of = around.connected(ENVELOPE_FORMAT).decoder(topic, is_key=False)
    reader = around.log.reader()
    try:
        reader.assign(around.log.admin().start_offsets(list(ends)))
        while any(reader.position(where) < end for where, end in ends.items()):
            for batch in reader.poll(_AT_ONCE, _WAIT_S):
                end = ends[TopicPartition(batch.topic, batch.partition)]
                for offset, key, value in zip(batch.offsets, batch.keys, batch.values, strict=True):
                    if offset < end:
                        yield key_of(key or b""), value_of(value or b"")
    finally:
        reader.close()
