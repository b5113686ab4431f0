"""What goes in: seeded records of four kinds, as JSON, under keys that Kafka's partitioner spreads over four partitions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from headrace.core.hashing import partition_for

PARTITIONS = 4
FRAME_RECORDS = 20_000
"""Records per append, over all partitions: how a busy producer fills a log."""

OUTPUT = "bench-out"
BASE_MS = 1_700_000_000_000

Row = tuple[bytes, dict[str, Any], int]
"""Key, value, timestamp in ms."""

CLUB_STATUS = ("bronze", "silver", "gold", "platinum")
SENSORS = ("pressure", "humidity", "wind")
CUSTOMERS_OF_RATINGS = 10_000
DEVICES = 5_000
ARTISTS = 500
CUSTOMERS_OF_STREAMS = 20_000


def _uuid(randomness: random.Random) -> str:
    text = f"{randomness.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def transactions(count: int) -> Iterator[Row]:
    """Ten users in turn, two of three transactions paid, ten transactions per ms."""
    randomness = random.Random(7)
    users = [f"{number}{_uuid(randomness)[1:]}" for number in range(10)]
    keys = [user.encode() for user in users]
    for i in range(count):
        user = i % 10
        timestamp = BASE_MS + i // 10
        value = {
            "transaction_id": _uuid(randomness),
            "user_id": users[user],
            "status": "paid" if i % 3 else "pending",
            "amount": float((user or 10) * 10),
            "ts": timestamp,
        }
        yield keys[user], value, timestamp


def streams(count: int, customers: int = CUSTOMERS_OF_STREAMS) -> Iterator[Row]:
    """Customers drawn evenly, artists by a Pareto distribution, one stream per ms."""
    randomness = random.Random(7)
    pareto, uniform = randomness.paretovariate, randomness.random
    for i in range(count):
        customer = str(int(uniform() * customers))
        artist = str(int(pareto(1.1)) % ARTISTS)
        timestamp = BASE_MS + i
        yield (
            customer.encode(),
            {"id": str(i), "customerid": customer, "artistid": artist, "streamtime": timestamp},
            timestamp,
        )


def customers(count: int = CUSTOMERS_OF_RATINGS) -> Iterator[Row]:
    """The table that ratings are joined to, complete before the first rating."""
    for i in range(count):
        value = {
            "id": i,
            "first_name": f"f{i}",
            "last_name": f"l{i}",
            "email": f"{i}@x.org",
            "club_status": CLUB_STATUS[i % 4],
        }
        yield str(i).encode(), value, BASE_MS - 1_000


def ratings(count: int) -> Iterator[Row]:
    """Users, stars and routes drawn evenly, one rating per ms."""
    uniform = random.Random(7).random
    for i in range(count):
        user = int(uniform() * CUSTOMERS_OF_RATINGS)
        timestamp = BASE_MS + i
        value = {
            "rating_id": i,
            "user_id": user,
            "stars": int(uniform() * 5) + 1,
            "route_id": int(uniform() * 10_000),
            "rating_time": timestamp,
            "channel": "web",
            "message": "worst. flight. ever. #neveragain",
        }
        yield str(user).encode(), value, timestamp


def devices(count: int) -> Iterator[Row]:
    """Devices and sensors drawn evenly, one reading per ms, event times out of order by up to 2 s."""
    uniform = random.Random(7).random
    for i in range(count):
        device = int(uniform() * DEVICES)
        value = {
            "device": device,
            "sensor": SENSORS[int(uniform() * 3)],
            "value": round(uniform(), 3),
            "ts": BASE_MS + i + int(uniform() * 4_000) - 2_000,
        }
        yield f"device-{device}".encode(), value, BASE_MS + i


@dataclass(frozen=True, slots=True)
class Workload:
    """One line of the table.

    Attributes:
        name: As in the table and on the command line.
        title: What the program does.
        topic: The input that is counted.
        rows: Makes that many records of the input.
        side: A table's topic, complete before the first record: name and maker.
    """

    name: str
    title: str
    topic: str
    rows: Callable[[int], Iterator[Row]]
    side: tuple[str, Callable[[], Iterator[Row]]] | None = None


def many_customers(count: int) -> Iterator[Row]:
    """As many customers as records: more state than fits into the cache."""
    return streams(count, customers=count)


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("w1", "paid transactions: sum and count per user, 3 s windows", "bench-transactions", transactions),
        Workload("w2", "top three artists per customer", "bench-streams", streams),
        Workload(
            "w3", "bad ratings joined to customers, platinum only", "bench-ratings", ratings, ("bench-customers", customers)
        ),
        Workload("w4", "device sessions, gap 30 s, grace 60 s", "bench-devices", devices),
        Workload("w5", "filter -> to, original bytes", "bench-transactions", transactions),
        Workload("w1all", "W1 regrouped to one key", "bench-transactions", transactions),
        Workload("w1typed", "W1 over a typed value of three fields", "bench-transactions", transactions),
        Workload("w2wide", "W2 over as many customers as records", "bench-streams", many_customers),
    )
}


@dataclass(slots=True)
class Chunk:
    """Encoded records of one append: per partition keys, values and timestamps."""

    keys: list[list[bytes]]
    values: list[list[bytes]]
    timestamps: list[list[int]]


def chunks(rows: Iterator[Row], size: int = FRAME_RECORDS) -> Iterator[Chunk]:
    """Encodes rows and spreads them over the partitions by Kafka's murmur2, `size` records at a time."""
    encode = orjson.dumps
    partition_of: dict[bytes, int] = {}
    taken = 0
    chunk = _empty_chunk()
    for key, value, timestamp in rows:
        partition = partition_of.get(key)
        if partition is None:
            partition = partition_of[key] = partition_for(key, PARTITIONS)
        chunk.keys[partition].append(key)
        chunk.values[partition].append(encode(value))
        chunk.timestamps[partition].append(timestamp)
        taken += 1
        if taken == size:
            yield chunk
            taken, chunk = 0, _empty_chunk()
    if taken:
        yield chunk


def _empty_chunk() -> Chunk:
    return Chunk([[] for _ in range(PARTITIONS)], [[] for _ in range(PARTITIONS)], [[] for _ in range(PARTITIONS)])
