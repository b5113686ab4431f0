"""What an application of a storm has put out, and whether it is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from headrace import TopicPartition
from headrace.log.api import Log
from support.patient_log import PatientReader

Raw = tuple[bytes, bytes | None]
Total = dict[str, int]


@dataclass(frozen=True, slots=True)
class Results:
    """What committed readers see.

    Attributes:
        enriched: Each result of the join with how often it is there.
        updates: The last total of each product and window.
        highest: The highest count that was told of each product and window.
        closed: Final totals with how often they are there.
        changelogs: The last value of each key, by store.
    """

    enriched: Counter[Raw]
    updates: dict[str, Total]
    highest: dict[str, int]
    closed: Counter[Raw]
    changelogs: dict[str, dict[bytes, bytes]]


def results_of(log: Log, app: str, stores: tuple[str, ...]) -> Results:
    """Reads all that an application has written."""
    updates: dict[str, Total] = {}
    highest: Counter[str] = Counter()
    for key, value in _read(log, f"{app}-updates"):
        window, total = key.decode(), orjson.loads(value or b"")
        updates[window] = total
        highest[window] = max(highest[window], total["count"])
    return Results(
        enriched=Counter(_read(log, f"{app}-enriched")),
        updates=updates,
        highest=dict(highest),
        closed=Counter(_read(log, f"{app}-closed")),
        changelogs={store: _table(log, f"{app}-{store}-changelog") for store in stores},
    )


def all_consumed(log: Log, app: str, inputs: tuple[str, ...]) -> bool:
    """Whether an application has committed all of its inputs, its repartition topics included."""
    admin = log.admin()
    counts = admin.partition_counts()
    topics = [*inputs, *(name for name in counts if name.startswith(f"{app}-") and name.endswith("-repartition"))]
    positions = admin.positions(app)
    ends = admin.end_offsets([TopicPartition(topic, number) for topic in topics for number in range(counts[topic])])
    return all(end == 0 or (where in positions and positions[where].offset >= end) for where, end in ends.items())


def require_complete(calm: Results, orders: int, late: int) -> None:
    """The undisturbed run itself: every order is joined and counted once; the late ones close all windows but their own."""
    assert (calm.enriched.total(), len(calm.enriched)) == (orders + late, orders + late)
    assert sum(orjson.loads(value or b"")["count"] for _, value in calm.closed) == orders
    assert set(calm.closed.values()) == {1}


def require_equal(calm: Results, rough: Results, what: Any) -> None:
    """Exactly once: the final value of each key, all stores, and the multiset of results are those of the undisturbed run."""
    _require_same_counts("joined", calm.enriched, rough.enriched, what)
    assert rough.updates == calm.updates, (what, _difference(calm.updates, rough.updates))
    _require_same_counts("closed windows", calm.closed, rough.closed, what)
    for store, expected in calm.changelogs.items():
        found = rough.changelogs[store]
        assert found == expected, (what, store, _difference(expected, found))


def require_nothing_missing(calm: Results, rough: Results, what: Any) -> None:
    """At least once: each result of the undisturbed run is there, and no order is missing from a total.

    A total is judged by its highest count: an instance that was halted while it wrote may put older values behind newer ones.
    """
    missing = calm.enriched.keys() - rough.enriched.keys()
    assert not missing, (what, len(missing), sorted(missing)[:5])
    low = {
        window: (rough.highest.get(window, 0), total["count"])
        for window, total in calm.updates.items()
        if rough.highest.get(window, 0) < total["count"]
    }
    assert not low, (what, "counts below those of the undisturbed run", len(low), sorted(low.items())[:5])
    unclosed = {key for key, _ in calm.closed} - {key for key, _ in rough.closed}
    assert not unclosed, (what, len(unclosed), sorted(unclosed)[:5])


def _require_same_counts(kind: str, expected: Counter[Raw], found: Counter[Raw], what: Any) -> None:
    if expected != found:
        missing, extra = expected - found, found - expected
        told = (kind, "missing", missing.total(), sorted(missing)[:5], "extra", extra.total(), sorted(extra)[:5])
        raise AssertionError((what, *told))


def _difference(expected: dict[Any, Any], found: dict[Any, Any]) -> list[Any]:
    keys = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
    return [len(keys), [(key, expected.get(key), found.get(key)) for key in sorted(keys)[:5]]]


def _table(log: Log, topic: str) -> dict[bytes, bytes]:
    rows: dict[bytes, bytes] = {}
    for key, value in _read(log, topic):
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value
    return rows


def _read(log: Log, topic: str) -> Iterator[Raw]:
    """Committed records; those of a key in their order."""
    admin = log.admin()
    partitions = [TopicPartition(topic, number) for number in range(admin.partition_counts()[topic])]
    reader = PatientReader(log.reader(), admin)
    reader.assign(admin.start_offsets(partitions))
    while batches := reader.poll(10_000, 0):
        for batch in batches:
            for key, value in zip(batch.keys, batch.values, strict=True):
                yield key or b"", value
    reader.close()
