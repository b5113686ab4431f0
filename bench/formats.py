"""`python -m bench.formats`: decoding plus encoding through formats, against the bare libraries on the same values.

Each line times both in turns, in one process, and takes the best of several rounds of processor time: what is asked is what a
format adds, not how busy the machine is. Results are compared before anything is timed; a floor that is missed is an error.
"""

from __future__ import annotations

import argparse
import gc
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import fastavro
import msgspec
from rich.console import Console
from rich.table import Table

from headrace import PLAIN, Avro, EmbeddedRegistry, Format, InRegistry, Json, JsonSchema, Protobuf

FLOORS = {"avro": 0.6, "avro in registry": 0.6, "avro union": 0.6, "json": 0.7, "json schema": 0.45, "protobuf": 0.6}
"""Format to bare library. A JSON Schema's header costs a call and a copy each way, and the library is a C function alone."""

console = Console(width=None if sys.stdout.isatty() else 200)

Way = Callable[[], list[Any]]


class Order(msgspec.Struct, frozen=True):
    """A value of a few fields."""

    id: str
    customer: str
    amount: int
    price: float
    paid: bool


@dataclass(frozen=True)
class DeviceWokeUp:
    pass


@dataclass(frozen=True)
class DataReceived:
    name: str
    value: float


@dataclass(frozen=True)
class Envelope:
    """A value with a union of records."""

    event: DeviceWokeUp | DataReceived
    timestamp: int


@dataclass(frozen=True, slots=True)
class Line:
    """Values per second through the format and through the library."""

    name: str
    ours: float
    bare: float
    floor: float

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def through(form: Format[Any], values: Sequence[Any]) -> Way:
    """Each value encoded, decoded, and kept."""
    encode, decode = form.encoder("bench", is_key=False), form.decoder("bench", is_key=False)
    return lambda: [decode(encode(value)) for value in values]


def bare_avro(schema: Any, values: Sequence[Any]) -> Way:
    """The schemaless writer and reader of fastavro, on dicts."""
    parsed = fastavro.parse_schema(schema)
    write, read = fastavro.schemaless_writer, fastavro.schemaless_reader

    def once(value: Any) -> Any:
        written = io.BytesIO()
        write(written, parsed, value)
        return read(io.BytesIO(written.getvalue()), parsed, None)

    return lambda: [once(value) for value in values]


def bare_json(of: Any, values: Sequence[Any]) -> Way:
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(of).decode
    return lambda: [decode(encode(value)) for value in values]


def bare_protobuf(cls: Any, values: Sequence[Any]) -> Way:
    return lambda: [cls.FromString(value.SerializeToString()) for value in values]


def measured(name: str, ours: Way, bare: Way, rounds: int) -> Line:
    """The best of several rounds of each, in turns."""
    best = {"ours": 0.0, "bare": 0.0}
    for _ in range(rounds):
        for which, way in (("ours", ours), ("bare", bare)):
            gc.collect()
            gc.disable()
            start = time.process_time()
            count = len(way())
            best[which] = max(best[which], count / (time.process_time() - start))
            gc.enable()
    return Line(name, best["ours"], best["bare"], FLOORS[name])


def lines(count: int, rounds: int) -> list[Line]:
    """All lines. Raises AssertionError if a result is wrong."""
    registry = EmbeddedRegistry()
    in_registry = InRegistry(registry=registry)
    orders = [Order(f"order-{n}", f"customer-{n % 97}", n * 31, n / 7, n % 2 == 0) for n in range(count)]
    events = [Envelope(DataReceived("pressure", n / 9) if n % 2 else DeviceWokeUp(), n) for n in range(count)]
    order_dicts = [msgspec.structs.asdict(order) for order in orders]
    event_dicts = [{"event": (each.event.__class__.__name__, vars(each.event)), "timestamp": each.timestamp} for each in events]
    message = Protobuf(Order, PLAIN).message
    messages = [message(**each) for each in order_dicts]
    avro, union = Avro(Order, PLAIN), Avro(Envelope, PLAIN)
    pairs: list[tuple[str, Sequence[Any], Way, Way]] = [
        ("avro", orders, through(avro, orders), bare_avro(avro.schema, order_dicts)),
        ("avro in registry", orders, through(Avro(Order, in_registry), orders), bare_avro(avro.schema, order_dicts)),
        ("avro union", events, through(union, events), bare_avro(union.schema, event_dicts)),
        ("json", orders, through(Json(Order), orders), bare_json(Order, orders)),
        (
            "json schema",
            orders,
            through(JsonSchema(Order, InRegistry(registry=registry, subjects="record")), orders),
            bare_json(Order, orders),
        ),
        (
            "protobuf",
            messages,
            through(Protobuf(message, InRegistry(registry=registry, subjects="topic-record")), messages),
            bare_protobuf(message, messages),
        ),
    ]
    try:
        for name, values, ours, _ in pairs:
            assert ours() == list(values), f"{name}: what comes back is not what was written"
        return [measured(name, ours, bare, rounds) for name, _, ours, bare in pairs]
    finally:
        registry.close()


def main() -> int:
    """Prints the table; 1 if a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="values per round")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    found = lines(given.count, given.rounds)
    table = Table("format", "values/s", "bare library", "ratio", "floor")
    for line in found:
        table.add_row(line.name, f"{line.ours:,.0f}", f"{line.bare:,.0f}", f"{line.ratio:.2f}", f"{line.floor:.2f}")
    console.print(table)
    missed = [line.name for line in found if line.ratio < line.floor]
    if missed:
        console.print(f"below their floor: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
