"""A program that is killed: join, repartition, windowed aggregate, suppress. Run by test_crashes.py as a process of its own.

usage: crash_program.py DATA [CRASH]

CRASH is `<crash point>:<n>`: dies when that point of a commit is passed for the first time after n orders were read in this
life. `record:<n>` dies while the nth order is processed. Without it the program runs to the end.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
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
from headrace.core.hashing import partition_for
from headrace.log.api import NewTopic, RecordColumns
from headrace.log.embedded import open_log
from headrace.runtime.commit.committer import CommitPoint

APP = "crash"
PARTITIONS = 4
CUSTOMERS, PRODUCTS = 500, 40
BASE = 1_700_000_000_000
WINDOW_MS = 10_000
DISORDER_MS = 86_400_000
"""Input partitions run ahead of one another as lives end, at the worst by all of the input."""


def build(seen: Callable[[], None] = lambda: None) -> Topology:
    builder = StreamsBuilder()
    customers = builder.table("customers", Consumed(key=String(), value=Json()), Materialized("customers", caching=False))
    orders = builder.stream("orders", Consumed(key=String(), value=Json(), timestamp="at")).peek(lambda _key, _order: seen())
    enriched = orders.join(customers, lambda order, customer: {**order, "city": customer["city"]})
    enriched.to("enriched", Produced(key=String(), value=Json()))
    grouped = enriched.group_by(lambda _, order: f"p{order['product']}", Grouped(key=String(), value=Json()))
    kept = Materialized("per-window", value=Json(), caching=False, retention="3d")
    windows = TumblingWindows(size=WINDOW_MS, grace=DISORDER_MS)
    per_window = grouped.windowed_by(windows).aggregate(start, add, kept)
    per_window.to_stream().map(lambda w, total: (f"{w.key}@{w.start}", total)).to("updates", Produced(key=String()))
    closed = per_window.suppress(Suppressed.until_window_closes(BufferConfig.unbounded(), name="closed"))
    closed.to_stream().map(lambda w, total: (f"{w.key}@{w.start}", total)).to("closed", Produced(key=String()))
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


def fill(data: Path, orders: int) -> None:
    """Writes all customers and orders before the start."""
    log = open_log(data / "log")
    names = ("customers", "orders", "enriched", "updates", "closed")
    log.admin().create_topics([NewTopic(name, PARTITIONS) for name in names])
    log.close()
    append(data, "customers", [(f"c{number}", {"city": f"city-{number % 7}"}, 0) for number in range(CUSTOMERS)])
    append(data, "orders", [order(number, number * 2 + (number * 7919) % 2_000) for number in range(orders)])


def close_windows(data: Path) -> None:
    """Writes an order of each product far in the future, so that all windows before it are closed."""
    append(data, "orders", [order(10_000_000 + product, 3 * DISORDER_MS, product) for product in range(PRODUCTS)])


def order(number: int, after_ms: int, product: int | None = None) -> tuple[str, dict[str, Any], int]:
    at = BASE + after_ms
    chosen = number * 31 % PRODUCTS if product is None else product
    return f"c{number * 17 % CUSTOMERS}", {"id": number, "product": chosen, "amount": number % 97, "at": at}, at


def append(data: Path, topic: str, entries: Iterable[tuple[str, dict[str, Any], int]]) -> None:
    log = open_log(data / "log")
    columns = [RecordColumns() for _ in range(PARTITIONS)]
    for key, value, time in entries:
        columns[partition_for(key.encode(), PARTITIONS)].append(key.encode(), orjson.dumps(value), time)
    producer = log.producer()
    for partition, records in enumerate(columns):
        producer.append(topic, partition, records)
    producer.flush()
    producer.close()
    log.close()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def make_app(data: Path, crash: str | None) -> App:
    kind, _, number = (crash or "never:0").partition(":")
    orders = 0

    def seen() -> None:
        nonlocal orders
        orders += 1
        if kind == "record" and orders == int(number):
            die()

    def probe(point: CommitPoint) -> None:
        if point.value == kind and orders >= int(number):
            die()

    options = {"commit_interval": "5ms", "poll_records": 200, "emit_interval_ms": 0}
    return App(APP, build(seen), data_dir=data, commit_probe=probe, **options)


if __name__ == "__main__":
    make_app(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None).run(until_end=True)
