"""What the segmenter has to make of events, worked out without it: a plain loop over one partition after the other."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from segmenter.model import AllDataReceived, DataReceived, Device, DeviceWokeUp, Envelope
from segmenter.sessions import session_id

CHECK_MS = 4_000
IDLE_MS = 4_000


class SessionEvent(NamedTuple):
    """An event under the key of its session."""

    device: str
    session: str
    envelope: Envelope


def expected(partition: Iterable[tuple[Device, Envelope]], seed: int) -> Iterator[SessionEvent]:
    """The session events of one partition of events, in their order."""
    ids: dict[str, str] = {}
    last: dict[str, int] = {}
    completed: set[str] = set()
    time, due = -1, 0
    for offset, (device, envelope) in enumerate(partition):
        name, at = device.id, envelope.timestamp
        match envelope.event:
            case DeviceWokeUp():
                begins = True
            case DataReceived():
                begins = name not in ids or name in completed
            case AllDataReceived():
                begins = name not in ids
        if begins:
            ids[name] = session_id(seed, device, offset)
        (completed.add if isinstance(envelope.event, AllDataReceived) else completed.discard)(name)
        last[name] = at
        yield SessionEvent(name, ids[name], envelope)
        time = max(time, at)
        if time >= due:
            due = time - time % CHECK_MS + CHECK_MS
            for gone in [each for each in ids if each in completed or time - last[each] >= IDLE_MS]:
                del ids[gone], last[gone]
                completed.discard(gone)


def by_session(events: Iterable[SessionEvent]) -> dict[tuple[str, str], list[Envelope]]:
    """Events by device and session, in order: sessions of one device may lie in different partitions."""
    found: dict[tuple[str, str], list[Envelope]] = {}
    for device, session, envelope in events:
        found.setdefault((device, session), []).append(envelope)
    return found


def differences(found: Iterable[SessionEvent], wanted: Iterable[SessionEvent]) -> list[str]:
    """What is lost, doubled or out of order; nothing if all is well."""
    one, other = by_session(found), by_session(wanted)
    wrong = [
        f"{key}: {one.get(key)} instead of {other.get(key)}"
        for key in one.keys() | other.keys()
        if one.get(key) != other.get(key)
    ]
    counts = Counter(len(events) for events in (one.values()))
    return wrong[:10] + ([f"sessions by length: {counts}"] if wrong else [])
