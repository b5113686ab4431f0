"""The processors of the recorded cases, section 6 of their specification, over the public Processor API."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import fnlib as fn

import headrace as hr

Op, Record = dict[str, Any], hr.Record[Any, Any]


def header_list(headers: Sequence[tuple[str, bytes | None]]) -> list[list[str | None]]:
    return [[name, None if value is None else value.decode()] for name, value in headers]


def plain(value: Any) -> Any:
    return value.value if isinstance(value, hr.ValueAndTimestamp) else value


def stamped(r: Record) -> hr.ValueAndTimestamp[Any] | None:
    return None if r.value is None else hr.ValueAndTimestamp(r.value, r.timestamp)


class CaseProcessor(hr.Processor[Any, Any, Any, Any]):
    """One processor of a case: what STEPS and PUNCTUATIONS have under its name."""

    def __init__(self, op: Op) -> None:
        self.args, self.step, self.punctuate = op.get("params") or {}, STEPS[op["proc"]], PUNCTUATIONS.get(op["proc"])
        self.ticks = 0

    def init(self, context: Any) -> None:
        super().init(context)
        if self.punctuate is not None and "interval_ms" in self.args:
            kind = hr.PunctuationType[{"wall_clock": "WALL_CLOCK_TIME"}.get(self.args["type"], "STREAM_TIME")]
            self.schedule = context.schedule(self.args["interval_ms"], kind, lambda now: self.punctuate(self, now))

    @property
    def store(self) -> Any:
        return self.context.store(self.args["store"])

    def process(self, record: Record) -> None:
        if "store" not in self.args or record.key is not None:
            self.step(self, record)

    def forward(self, r: Record, **changes: Any) -> None:
        self.context.forward(replace(r, **changes))

    def put(self, r: Record, *value: Any) -> "CaseProcessor":
        self.store.put(r.key, *(value or [r.value]))
        return self

    def found(self, key: Any) -> Any:
        return None if key is None else plain(self.store.get(key))

    def key_of(self, r: Record) -> Any:
        return fn.km(self.args["key"], r.key, r.value) if "key" in self.args else r.key

    def meta(self, r: Record) -> None:
        at, context = self.context.record_metadata(), self.context
        origin = {name: at and getattr(at, name) for name in ("topic", "partition", "offset")}
        times = {"stream_time": context.current_stream_time_ms(), "wall": context.current_system_time_ms()}
        self.forward(r, value={**origin, "ts": r.timestamp, **times, "v": r.value})

    def route(self, r: Record) -> None:
        children = (child for predicate, child in self.args["rules"] if fn.pred(predicate, r.key, r.value))
        child = next(children, self.args.get("default") or None)
        if child is not None:
            self.context.forward(r, child)

    def dedup(self, r: Record, mark: Any, is_new: Callable[[Any], bool]) -> None:
        if is_new(self.store.get(r.key)):
            self.put(r, mark).forward(r)

    def count(self, r: Record, read: Callable[..., Any], *at: int) -> None:
        self.store.put(r.key, count := fn.add(plain(read(r.key, *at)), 1), *at)
        self.forward(r, value=count)

    def latest(self, r: Record) -> None:
        held = self.store.get(r.key)
        if held is None or r.timestamp >= held.timestamp:
            self.store.put(r.key, held := stamped(r))
        self.forward(r, value=held and held.value, timestamp=held.timestamp if held else r.timestamp)

    def session_put(self, r: Record) -> None:
        found = self.store.find_sessions(r.key, r.timestamp - self.args["gap_ms"], r.timestamp + self.args["gap_ms"])
        listed = [f"{session.start}-{session.end}={fn.text(value)}" for session, value in found]
        self.store.put(hr.Windowed(r.key, r.timestamp, r.timestamp), r.value)
        self.forward(r, value=listed)

    def versioned_put(self, r: Record) -> None:
        put = self.store.put(r.key, r.value, r.timestamp)
        code = {hr.NOT_PUT: "not_put", hr.VALID_TO_UNDEFINED: "latest"}.get(put, put)
        before, latest = self.store.get(r.key, r.timestamp - 1) if r.timestamp else None, self.store.get(r.key)
        self.forward(r, value={"put": code, "before": before and before.value, "latest": latest and latest.value})

    def tick(self, now: int) -> None:
        self.context.forward(hr.Record("tick", now, now))
        self.ticks += 1
        if self.ticks == self.args.get("cancel_after"):
            self.schedule.cancel()

    def flush(self, now: int) -> None:
        for key, value in list(self.store.all()):
            self.context.forward(hr.Record(key, value, now))
            if self.args.get("clear"):
                self.store.delete(key)

    def expire(self, now: int) -> None:
        for key, held in list(self.store.all()):
            if now - held.timestamp >= self.args["ttl_ms"]:
                self.store.delete(key)
                self.context.forward(hr.Record(key, None, held.timestamp))


STEPS: dict[str, Callable[[CaseProcessor, Record], object]] = {
    "map": lambda p, r: p.forward(r, key=p.key_of(r), value=fn.vm(p.args["value"], r.key, r.value)),
    "filter": lambda p, r: fn.pred(p.args["pred"], r.key, r.value) and p.forward(r),
    "repeat": lambda p, r: [p.forward(r, timestamp=r.timestamp + number) for number in range(p.args["n"])],
    "set_ts": lambda p, r: p.forward(r, timestamp=max(0, r.timestamp + p.args["delta"])),
    "add_header": lambda p, r: p.forward(r, headers=(*r.headers, (p.args["name"], p.args["value"].encode()))),
    "remove_header": lambda p, r: p.forward(r, headers=tuple(h for h in r.headers if h[0] != p.args["name"])),
    "headers_to_value": lambda p, r: p.forward(r, value=header_list(r.headers)),
    "meta": CaseProcessor.meta,
    "route": CaseProcessor.route,
    "tick": CaseProcessor.forward,
    "dedup": lambda p, r: p.dedup(r, r.timestamp, lambda seen: seen is None),
    "dedup_ttl": lambda p, r: p.dedup(r, r.timestamp, lambda at: at is None or r.timestamp - at > p.args["ttl_ms"]),
    "dedup_value": lambda p, r: p.dedup(r, fn.text(r.value), lambda seen: seen != fn.text(r.value)),
    "count": lambda p, r: p.count(r, p.store.get),
    "window_count": lambda p, r: p.count(r, p.store.fetch, r.timestamp - r.timestamp % p.args["size_ms"]),
    "put_if_absent": lambda p, r: p.forward(r, value=p.store.put_if_absent(r.key, r.value)),
    "swap": lambda p, r: (old := p.store.get(r.key), p.put(r).forward(r, value=old)),
    "delete_on_null": lambda p, r: p.put(r) if r.value is not None else p.forward(r, value=p.store.delete(r.key)),
    "range_count": lambda p, r: p.put(r).forward(r, value=len(list(p.store.range(p.args["from"], p.args["to"])))),
    "prefix_list": lambda p, r: p.put(r).forward(r, value=[k for k, _ in p.store.prefix_scan(p.args["prefix"])]),
    "buffer_punct": lambda p, r: p.put(r),
    "lookup": lambda p, r: p.forward(r, value=f"{fn.text(r.value)}|{fn.text(p.found(p.key_of(r)))}"),
    "expire": lambda p, r: p.put(r, stamped(r)).forward(r),
    "latest": CaseProcessor.latest,
    "session_put": CaseProcessor.session_put,
    "versioned_put": CaseProcessor.versioned_put,
}
PUNCTUATIONS = {"tick": CaseProcessor.tick, "buffer_punct": CaseProcessor.flush, "expire": CaseProcessor.expire}


class CountingTransformer(hr.ValueTransformer[Any, Any, Any]):
    """A table's value transformer; with a store it numbers the values of each key."""

    def __init__(self, op: Op) -> None:
        self.function, self.store = op["fn"], op.get("count_store")

    def transform(self, key: Any, value: Any) -> Any:
        result = fn.vm(self.function, key, value)
        if self.store is None:
            return result
        counts = self.context.store(self.store)
        counts.put(key, count := fn.add(counts.get(key), 1))
        return f"{fn.text(result)}#{fn.text(count)}"
