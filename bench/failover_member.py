"""One instance of the application whose failover is measured: `python -m bench.failover_member BOOTSTRAP FOLDER`.

It counts records per key. Of the probe key, which gets a record after an owner has died, it prints a line of JSON: the count,
when the record was processed, and what this process had restored by then to take the task over.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from headrace import App, Consumed, Materialized, StreamsBuilder, SystemClock, TopicPartition, Topology
from headrace.formats.primitive import String

APP_ID = "bench-failover"
KEYS = "bench-failover-keys"
PROBE = "probe"
STORE = "counts"
SESSION_MS = 6_000
CHANGELOG = TopicPartition(f"{APP_ID}-{STORE}-changelog", 0)

_TEXT = String()


class Restored:
    """Counts what is restored for tasks to process; what copies follow is not part of it."""

    def __init__(self) -> None:
        self.records = 0

    def on_restore_start(self, _partition: TopicPartition, _store: str, _start: int, _end: int) -> None:
        """Nothing."""

    def on_batch_restored(self, _partition: TopicPartition, _store: str, _position: int, restored: int) -> None:
        self.records += restored

    def on_restore_end(self, _partition: TopicPartition, _store: str, _total: int) -> None:
        """Nothing."""


def counting(restored: Restored) -> Topology:
    """Counts, and tells of probes."""
    clock = SystemClock()
    seen_at: dict[str, int] = {}

    def see(key: str, _: bytes) -> None:
        if key == PROBE:
            seen_at[key] = clock.now_ms()

    def tell(key: str, count: int) -> None:
        if key == PROBE:
            print(json.dumps({"count": count, "at_ms": seen_at[key], "restored": restored.records}), flush=True)

    builder = StreamsBuilder()
    counts = builder.stream(KEYS, Consumed(key=_TEXT, value=bytes)).peek(see).group_by_key().count(Materialized(STORE))
    counts.to_stream().peek(tell)  # at the commit: updates wait in the cache
    return builder.build()


def main(bootstrap: str, folder: str) -> None:
    """Runs until it is stopped or killed."""
    restored = Restored()
    app = App(
        APP_ID,
        counting(restored),
        bootstrap=bootstrap,
        data_dir=Path(folder),
        standby_replicas=1,
        commit_interval="1s",
        memory_limit="256MB",
        progress_interval=0,
        kafka={"session.timeout.ms": str(SESSION_MS)},
    )
    app.on_restore(restored)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
