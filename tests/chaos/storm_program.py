"""An instance of an application with a join, a repartition and a windowed aggregate, run by test_storms.py as processes.

usage: storm_program.py BOOTSTRAP FOLDER APP GUARANTEE SESSION_TIMEOUT_MS PER_SECOND [until-end | stores]

It runs until it is told to stop, or until all is consumed, and takes about PER_SECOND orders (0: as many as it can). With
`stores` it waits until it runs, writes what its stores hold to `stores.json` in its folder, and ends. SIGUSR1 writes stacks.
"""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from headrace import (
    App,
    BufferConfig,
    Consumed,
    Grouped,
    Json,
    Materialized,
    Produced,
    StreamsBuilder,
    String,
    Suppressed,
    Topology,
    TumblingWindows,
)

WINDOW_MS = 10_000
GRACE_MS = 3_600_000
"""More than the whole input spans: its partitions run ahead of one another as instances come and go."""

STORES = ("customers", "per-window", "per-product")
_PACED = 50


def build(app: str, seen: Callable[[], None] = lambda: None) -> Topology:
    """Both applications of a test read the same inputs; outputs begin with the name of the application."""
    builder = StreamsBuilder()
    customers = builder.table("customers", Consumed(key=String(), value=Json()), Materialized("customers", caching=False))
    orders = builder.stream("orders", Consumed(key=String(), value=Json(), timestamp="at")).peek(lambda _key, _order: seen())
    enriched = orders.join(customers, lambda order, customer: {**order, "city": customer["city"]})
    enriched.to(f"{app}-enriched", Produced(key=String(), value=Json()))
    grouped = enriched.group_by(lambda _, order: f"p{order['product']}", Grouped(key=String(), value=Json(), name="by-product"))
    kept = Materialized("per-window", value=Json(), caching=False, retention="3h")
    per_window = grouped.windowed_by(TumblingWindows(size=WINDOW_MS, grace=GRACE_MS)).aggregate(start, add, kept)
    per_window.to_stream().map(lambda w, total: (f"{w.key}@{w.start}", total)).to(f"{app}-updates", Produced(key=String()))
    closed = per_window.suppress(Suppressed.until_window_closes(BufferConfig.unbounded(), name="closed"))
    closed.to_stream().map(lambda w, total: (f"{w.key}@{w.start}", total)).to(f"{app}-closed", Produced(key=String()))
    grouped.aggregate(start, add, Materialized("per-product", value=Json(), caching=False))
    return builder.build()


def start() -> dict[str, Any]:
    return {"count": 0, "ids": 0, "amount": 0}


def add(_key: str, order: dict[str, Any], total: dict[str, Any]) -> dict[str, Any]:
    return {
        "count": total["count"] + 1,
        "ids": total["ids"] ^ order["id"] * 2_654_435_761 % 2**32,
        "amount": total["amount"] + order["amount"],
    }


class Pace:
    """Slows a process down to a number of calls per second."""

    def __init__(self, per_second: int) -> None:
        self._pause_s = _PACED / per_second if per_second else 0.0
        self._calls = 0
        self._due = 0.0

    def __call__(self) -> None:
        self._calls += 1
        if self._pause_s and self._calls % _PACED == 0:
            now = time.monotonic()
            # What a pause of the process has cost is not made up for.
            self._due = max(self._due + self._pause_s, now)
            time.sleep(self._due - now)


def main(
    bootstrap: str, folder: str, app: str, guarantee: str, session_timeout_ms: str, per_second: str, what: str = ""
) -> None:
    options: dict[str, Any] = {"commit_interval": "200ms", "emit_interval_ms": 0}
    made = App(
        app,
        build(app, Pace(int(per_second))),
        bootstrap=bootstrap,
        data_dir=Path(folder),
        guarantee=guarantee,
        kafka={"session.timeout.ms": session_timeout_ms},
        **options,
    )
    if what != "stores":
        made.run(until_end=what == "until-end")
        return
    with made:
        made.wait_until_running()
        found = {name: sorted(map(repr, made.store(name).all())) for name in STORES}
    Path(folder, "stores.json").write_bytes(orjson.dumps(found))


if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    main(*sys.argv[1:])
