"""Programs for what is measured on Kafka besides the workloads: latency, and restoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.topologies import PLAIN, PROGRAMS, TEXT
from bench.workloads import BASE_MS, OUTPUT, Row, Workload
from headrace.dsl import Consumed, Materialized, Produced, StreamsBuilder
from headrace.formats.json import Json

TICKS = "bench-ticks"
KEYS = "bench-keys"
RESTORED_STORE = "restored"

_NUMBER: Json[int] = Json(int)


def stateless(builder: StreamsBuilder) -> None:
    """The number in each record."""
    ticks = builder.stream(TICKS, Consumed(key=TEXT, value=PLAIN))
    ticks.map_values(lambda value: value["n"]).to(OUTPUT, Produced(key=TEXT, value=_NUMBER))


def counted(builder: StreamsBuilder) -> None:
    """How many records each key has had, told at each of them: nothing waits in a cache."""
    ticks = builder.stream(TICKS, Consumed(key=TEXT, value=PLAIN))
    counts = ticks.group_by_key().count(Materialized("ticks", caching=False))
    counts.to_stream().to(OUTPUT, Produced(key=TEXT, value=_NUMBER))


def restored(builder: StreamsBuilder) -> None:
    """A table under the keys of a topic, with a changelog of its own."""
    rows = builder.stream(KEYS, Consumed(key=TEXT, value=PLAIN))
    rows.to_table(Materialized(RESTORED_STORE, key=TEXT, value=PLAIN))


def keys(count: int) -> Iterator[Row]:
    """As many keys as records."""
    for i in range(count):
        yield f"customer-{i}".encode(), {"id": i, "email": f"{i}@x.org", "club_status": "gold"}, BASE_MS + i


KEYS_WORKLOAD = Workload("restore", "as many keys as records", KEYS, keys)

KAFKA_PROGRAMS: dict[str, Callable[[StreamsBuilder], None]] = {
    **PROGRAMS,
    "stateless": stateless,
    "counted": counted,
    "restored": restored,
}
