"""Programs that kill themselves at a moment of a commit. Run by test_kills.py as a process of its own.

usage: killed_program.py BOOTSTRAP FOLDER PROGRAM GUARANTEE [MOMENT NTH [NAME]]

Moments: `open-transaction` (all was produced, nothing committed), and the values of CommitPoint. Without one it runs to
the end. A transaction that is left open stays so for ten minutes, unless somebody ends it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headrace import (
    App,
    BufferConfig,
    Consumed,
    Grouped,
    Joined,
    JoinWindows,
    Json,
    Materialized,
    Produced,
    SessionWindows,
    StreamJoined,
    StreamsBuilder,
    String,
    Suppressed,
    Topology,
)
from headrace.log.kafka.transactions import Transactions
from headrace.runtime.commit.committer import CommitPoint

OPEN_TRANSACTION = "open-transaction"


def counting() -> Topology:
    """Counts and XORs of ids behind a repartition topic."""
    builder = StreamsBuilder()
    orders = builder.stream("orders")
    grouped = orders.group_by(lambda _, order: f"p{order['id'] % 11}", Grouped(name="g"))
    kept = Materialized("totals", value=Json())
    totals = grouped.aggregate(lambda: [0, 0], lambda _, order, total: [total[0] + 1, total[1] ^ order["id"]], kept)
    totals.to_stream().to("out")
    orders.to("copies")
    return builder.build()


def suppressed() -> Topology:
    """Sessions that are told once, when they are closed."""
    builder = StreamsBuilder()
    windows = SessionWindows(gap="100ms", grace=0)
    counts = builder.stream("orders").group_by_key().windowed_by(windows).count(Materialized("s"))
    closed = counts.suppress(Suppressed.until_window_closes(BufferConfig.unbounded(), name="sup"))
    closed.to_stream().map(lambda w, count: (w.key, count)).to("out", Produced(value=Json(int)))
    return builder.build()


def joined() -> Topology:
    """An outer join."""
    builder = StreamsBuilder()
    windows = JoinWindows.within("100ms", grace="50ms")
    text = Consumed(key=String(), value=Json())
    stores = StreamJoined(key=String(), left=Json(), right=Json(), name="join", store_name=("this", "other"))
    outer = builder.stream("orders", text).outer_join(builder.stream("bills", text), lambda x, y: [x, y], windows, stores)
    outer.to("out")
    return builder.build()


def enriched() -> Topology:
    """A join with a table that is restored from its own topic."""
    builder = StreamsBuilder(optimize=["reuse.ktable.source.topics"])
    prices = builder.table("prices", materialized=Materialized("prices"))
    builder.stream("orders").left_join(prices, lambda order, price: [order, price], Joined()).to("out")
    return builder.build()


PROGRAMS: dict[str, Callable[[], Topology]] = {
    "counting": counting,
    "suppressed": suppressed,
    "joined": joined,
    "enriched": enriched,
}


class Killer:
    """Ends the process at the nth passing of a moment, as SIGKILL does."""

    def __init__(self, moment: str, nth: int) -> None:
        self._moment = moment
        self._left = nth

    def __call__(self, point: CommitPoint) -> None:
        self.passed(point.value)

    def passed(self, moment: str) -> None:
        if moment == self._moment:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


def kill_before_commits(killer: Killer) -> None:
    """Lets the killer look when all records of a transaction are on the brokers, and it is still open."""
    commit = Transactions._commit

    def flushed(self: Transactions, *arguments: Any) -> None:
        self._producer.flush(10)
        killer.passed(OPEN_TRANSACTION)
        commit(self, *arguments)

    Transactions._commit = flushed  # type: ignore[method-assign]


def main(
    bootstrap: str, folder: str, program: str, guarantee: str, moment: str = "", nth: str = "1", name: str = "one"
) -> None:
    killer = Killer(moment, int(nth))
    kill_before_commits(killer)
    options = {"poll_records": 100, "commit_interval": "1ms", "emit_interval": 0, "guarantee": guarantee}
    # With the same name the next one need not wait until this one's session is over.
    kafka = {"group.instance.id": name, "session.timeout.ms": 6_000, "producer.transaction.timeout.ms": 600_000}
    topology, place = PROGRAMS[program](), {"bootstrap": bootstrap, "kafka": kafka, "data_dir": Path(folder)}
    App("app", topology, **place, commit_probe=killer, **options).run(until_end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
