"""The workloads as Headrace programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from bench.workloads import OUTPUT
from headrace.core.windows import SessionWindows, TumblingWindows
from headrace.dsl import Consumed, Materialized, Produced, StreamsBuilder
from headrace.formats.json import Json
from headrace.formats.primitive import String

TEXT: String = String()
PLAIN: Json[Any] = Json()


class Transaction(msgspec.Struct, gc=False):
    """The three fields that W1 uses; the others are skipped, not decoded."""

    status: str
    amount: float
    ts: int


def _nothing() -> dict[str, Any]:
    return {"sum": 0.0, "count": 0}


def _add_amount(_: str, transaction: dict[str, Any], total: dict[str, Any]) -> dict[str, Any]:
    total["sum"] += transaction["amount"]
    total["count"] += 1
    return total


def _add_typed_amount(_: str, transaction: Transaction, total: dict[str, Any]) -> dict[str, Any]:
    total["sum"] += transaction.amount
    total["count"] += 1
    return total


def w1(builder: StreamsBuilder) -> None:
    """Paid transactions: sum and count per user in windows of three seconds."""
    transactions = builder.stream("bench-transactions", Consumed(key=TEXT, value=PLAIN, timestamp="ts"))
    (
        transactions.filter(lambda _, value: value["status"] == "paid")
        .group_by_key()
        .windowed_by(TumblingWindows(size="3s", grace="1h"))
        .aggregate(
            _nothing,
            _add_amount,
            Materialized("paid-per-user", value=PLAIN),
        )
        .to_stream_with_key(lambda key, _: f"{key.key}@{key.start}")
        .to(OUTPUT, Produced(key=TEXT, value=PLAIN))
    )


def w1_all(builder: StreamsBuilder) -> None:
    """W1 regrouped to one key: parts of its windows through a repartition topic."""
    transactions = builder.stream("bench-transactions", Consumed(key=TEXT, value=PLAIN, timestamp="ts"))
    (
        transactions.filter(lambda _, value: value["status"] == "paid")
        .group_by(lambda _key, _value: "all")
        .windowed_by(TumblingWindows(size="3s", grace="1h"))
        .aggregate(
            _nothing,
            _add_amount,
            Materialized("paid-of-all", value=PLAIN),
            merger=_merged,
        )
        .to_stream_with_key(lambda key, _: f"{key.key}@{key.start}")
        .to(OUTPUT, Produced(key=TEXT, value=PLAIN))
    )


def w1_typed(builder: StreamsBuilder) -> None:
    """The same over a typed value."""
    transactions = builder.stream("bench-transactions", Consumed(key=TEXT, value=Json(Transaction), timestamp="ts"))
    (
        transactions.filter(lambda _, value: value.status == "paid")
        .group_by_key()
        .windowed_by(TumblingWindows(size="3s", grace="1h"))
        .aggregate(
            _nothing,
            _add_typed_amount,
            Materialized("paid-per-user", value=PLAIN),
        )
        .to_stream_with_key(lambda key, _: f"{key.key}@{key.start}")
        .to(OUTPUT, Produced(key=TEXT, value=PLAIN))
    )


def w2(builder: StreamsBuilder) -> None:
    """Top three artists per customer."""
    streams = builder.stream("bench-streams", Consumed(key=TEXT, value=PLAIN))
    (
        streams.group_by_key()
        .aggregate(dict, _count_artist, Materialized("streams-per-artist", value=PLAIN))
        .to_stream()
        .map_values(_top_three)
        .to(OUTPUT, Produced(key=TEXT, value=PLAIN))
    )


def _count_artist(_: str, value: dict[str, Any], counts: dict[str, int]) -> dict[str, int]:
    artist = value["artistid"]
    counts[artist] = counts.get(artist, 0) + 1
    return counts


def _top_three(counts: dict[str, int]) -> list[str]:
    return sorted(counts, key=counts.__getitem__, reverse=True)[:3]


def w3(builder: StreamsBuilder) -> None:
    """Bad ratings joined to customers, platinum only."""
    customers = builder.table("bench-customers", Consumed(key=TEXT, value=PLAIN), Materialized("customers"))
    ratings = builder.stream("bench-ratings", Consumed(key=TEXT, value=PLAIN))
    (
        ratings.filter(lambda _, rating: rating["stars"] < 3)
        .join(customers, _with_customer)
        .filter(lambda _, rating: rating["club_status"] == "platinum")
        .to(OUTPUT, Produced(key=TEXT, value=PLAIN))
    )


def _with_customer(rating: dict[str, Any], customer: dict[str, Any]) -> dict[str, Any]:
    rating["club_status"] = customer["club_status"]
    rating["email"] = customer["email"]
    return rating


def w4(builder: StreamsBuilder) -> None:
    """Sessions of devices."""
    readings = builder.stream("bench-devices", Consumed(key=TEXT, value=PLAIN, timestamp="ts"))
    (
        readings.group_by_key()
        .windowed_by(SessionWindows(gap="30s", grace="60s"))
        .aggregate(
            _nothing,
            _add_reading,
            _merged,
            Materialized("device-sessions", value=PLAIN),
        )
        .to_stream_with_key(lambda key, _: f"{key.key}@{key.start}")
        .to(OUTPUT, Produced(key=TEXT, value=PLAIN))
    )


def _add_reading(_: str, reading: dict[str, Any], total: dict[str, Any]) -> dict[str, Any]:
    total["sum"] += reading["value"]
    total["count"] += 1
    return total


def _merged(_: str, one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    one["sum"] += other["sum"]
    one["count"] += other["count"]
    return one


def w5(builder: StreamsBuilder) -> None:
    """Large transactions as they came."""
    transactions = builder.stream("bench-transactions", Consumed(key=TEXT, value=PLAIN))
    transactions.filter(lambda _, value: value["amount"] > 50).to(OUTPUT, Produced(key=TEXT, value=PLAIN))


PROGRAMS: dict[str, Callable[[StreamsBuilder], None]] = {
    "w1": w1,
    "w1all": w1_all,
    "w1typed": w1_typed,
    "w2": w2,
    "w2wide": w2,
    "w3": w3,
    "w4": w4,
    "w5": w5,
}
