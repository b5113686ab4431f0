"""The processors of the recorded cases, section 6 of their specification, over the public Processor API."""

from collections.abc import Callable, Sequence
from typing import Any

import fnlib as fn

from headrace import (
    NOT_PUT,
    VALID_TO_UNDEFINED,
    Processor,
    PunctuationType,
    Record,
    StoreSpec,
    ValueAndTimestamp,
    VersionedKeyValueStore,
    Windowed,
)


def header_list(headers: Sequence[tuple[str, bytes | None]]) -> list[list[str | None]]:
    return [[name, None if value is None else value.decode()] for name, value in headers]


def plain(value: Any) -> Any:
    return value.value if isinstance(value, ValueAndTimestamp) else value


class CaseProcessor(Processor[Any, Any, Any, Any]):
    """One processor of a case, by name; `fixed` for process_values."""

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        self.params = params
        self.run: Callable[[Record[Any, Any]], None] = getattr(self, f"run_{name}")
        self.needs_key = "store" in params
        self.ticks = 0

    def init(self, context: Any) -> None:
        super().init(context)
        punctuate = getattr(self, f"punctuate_{self.run.__name__.removeprefix('run_')}", None)
        if punctuate is not None and "interval_ms" in self.params:
            kind = PunctuationType.WALL_CLOCK_TIME if self.params["type"] == "wall_clock" else PunctuationType.STREAM_TIME
            self.schedule = context.schedule(self.params["interval_ms"], kind, punctuate)

    @property
    def store(self) -> Any:
        return self.context.store(self.params["store"])

    def process(self, record: Record[Any, Any]) -> None:
        if not (self.needs_key and record.key is None):
            self.run(record)

    def forward(self, record: Record[Any, Any], **changes: Any) -> None:
        self.context.forward(Record(**{**{f: getattr(record, f) for f in ("key", "value", "timestamp", "headers")}, **changes}))

    # ---- without a store ------------------------------------------------------------------------------------------

    def run_map(self, r: Record[Any, Any]) -> None:
        key = fn.km(self.params["key"], r.key, r.value) if "key" in self.params else r.key
        self.forward(r, key=key, value=fn.vm(self.params["value"], r.key, r.value))

    def run_filter(self, r: Record[Any, Any]) -> None:
        if fn.pred(self.params["pred"], r.key, r.value):
            self.forward(r)

    def run_repeat(self, r: Record[Any, Any]) -> None:
        for number in range(self.params["n"]):
            self.forward(r, timestamp=r.timestamp + number)

    def run_set_ts(self, r: Record[Any, Any]) -> None:
        self.forward(r, timestamp=max(0, r.timestamp + self.params["delta"]))

    def run_add_header(self, r: Record[Any, Any]) -> None:
        self.forward(r, headers=(*r.headers, (self.params["name"], self.params["value"].encode())))

    def run_remove_header(self, r: Record[Any, Any]) -> None:
        self.forward(r, headers=tuple(h for h in r.headers if h[0] != self.params["name"]))

    def run_headers_to_value(self, r: Record[Any, Any]) -> None:
        self.forward(r, value=header_list(r.headers))

    def run_meta(self, r: Record[Any, Any]) -> None:
        at = self.context.record_metadata()
        self.forward(
            r,
            value={
                "topic": at and at.topic,
                "partition": at and at.partition,
                "offset": at and at.offset,
                "ts": r.timestamp,
                "stream_time": self.context.current_stream_time_ms(),
                "wall": self.context.current_system_time_ms(),
                "v": r.value,
            },
        )

    def run_route(self, r: Record[Any, Any]) -> None:
        for predicate, child in self.params["rules"]:
            if fn.pred(predicate, r.key, r.value):
                self.context.forward(r, child)
                return
        if self.params.get("default"):
            self.context.forward(r, self.params["default"])

    def run_tick(self, r: Record[Any, Any]) -> None:
        self.forward(r)

    def punctuate_tick(self, now: int) -> None:
        self.context.forward(Record("tick", now, now))
        self.ticks += 1
        if self.ticks == self.params.get("cancel_after"):
            self.schedule.cancel()

    # ---- with a key-value store -----------------------------------------------------------------------------------

    def run_dedup(self, r: Record[Any, Any]) -> None:
        if self.store.get(r.key) is None:
            self.store.put(r.key, r.timestamp)
            self.forward(r)

    def run_dedup_ttl(self, r: Record[Any, Any]) -> None:
        seen = self.store.get(r.key)
        if seen is None or r.timestamp - seen > self.params["ttl_ms"]:
            self.store.put(r.key, r.timestamp)
            self.forward(r)

    def run_dedup_value(self, r: Record[Any, Any]) -> None:
        if self.store.get(r.key) != fn.text(r.value):
            self.store.put(r.key, fn.text(r.value))
            self.forward(r)

    def run_count(self, r: Record[Any, Any]) -> None:
        count = fn.add(self.store.get(r.key), 1)
        self.store.put(r.key, count)
        self.forward(r, value=count)

    def run_put_if_absent(self, r: Record[Any, Any]) -> None:
        self.forward(r, value=self.store.put_if_absent(r.key, r.value))

    def run_swap(self, r: Record[Any, Any]) -> None:
        old = self.store.get(r.key)
        self.store.put(r.key, r.value)
        self.forward(r, value=old)

    def run_delete_on_null(self, r: Record[Any, Any]) -> None:
        if r.value is None:
            self.forward(r, value=self.store.delete(r.key))
        else:
            self.store.put(r.key, r.value)

    def run_range_count(self, r: Record[Any, Any]) -> None:
        self.store.put(r.key, r.value)
        self.forward(r, value=len(list(self.store.range(self.params["from"], self.params["to"]))))

    def run_prefix_list(self, r: Record[Any, Any]) -> None:
        self.store.put(r.key, r.value)
        self.forward(r, value=[key for key, _ in self.store.prefix_scan(self.params["prefix"])])

    def run_buffer_punct(self, r: Record[Any, Any]) -> None:
        self.store.put(r.key, r.value)

    def punctuate_buffer_punct(self, now: int) -> None:
        for key, value in list(self.store.all()):
            self.context.forward(Record(key, value, now))
            if self.params.get("clear"):
                self.store.delete(key)

    def run_lookup(self, r: Record[Any, Any]) -> None:
        key = fn.km(self.params["key"], r.key, r.value) if "key" in self.params else r.key
        found = None if key is None else plain(self.store.get(key))
        self.forward(r, value=fn.text(r.value) + "|" + fn.text(found))

    # ---- with other stores ----------------------------------------------------------------------------------------

    def run_expire(self, r: Record[Any, Any]) -> None:
        self.store.put(r.key, None if r.value is None else ValueAndTimestamp(r.value, r.timestamp))
        self.forward(r)

    def punctuate_expire(self, now: int) -> None:
        for key, held in list(self.store.all()):
            if now - held.timestamp >= self.params["ttl_ms"]:
                self.store.delete(key)
                self.context.forward(Record(key, None, held.timestamp))

    def run_latest(self, r: Record[Any, Any]) -> None:
        held = self.store.get(r.key)
        if held is None or r.timestamp >= held.timestamp:
            self.store.put(r.key, None if r.value is None else ValueAndTimestamp(r.value, r.timestamp))
        held = self.store.get(r.key)
        self.forward(r, value=held and held.value, timestamp=held.timestamp if held else r.timestamp)

    def run_window_count(self, r: Record[Any, Any]) -> None:
        start = r.timestamp - r.timestamp % self.params["size_ms"]
        count = fn.add(plain(self.store.fetch(r.key, start)), 1)
        self.store.put(r.key, count, start)
        self.forward(r, value=count)

    def run_session_put(self, r: Record[Any, Any]) -> None:
        gap = self.params["gap_ms"]
        found = self.store.find_sessions(r.key, r.timestamp - gap, r.timestamp + gap)
        listed = [f"{session.start}-{session.end}={fn.text(value)}" for session, value in found]
        self.store.put(Windowed(r.key, r.timestamp, r.timestamp), r.value)
        self.forward(r, value=listed)

    def run_versioned_put(self, r: Record[Any, Any]) -> None:
        store: VersionedKeyValueStore[Any, Any] = self.store
        put = store.put(r.key, r.value, r.timestamp)
        before = store.get(r.key, r.timestamp - 1) if r.timestamp else None
        latest = store.get(r.key)
        code = {NOT_PUT: "not_put", VALID_TO_UNDEFINED: "latest"}.get(put, put)
        self.forward(r, value={"put": code, "before": before and before.value, "latest": latest and latest.value})


class CountingTransformer:
    """A table's value transformer that numbers the values of each key."""

    def __init__(self, function: str, store: str | None) -> None:
        self.function = function
        self.store = store

    def init(self, context: Any) -> None:
        self.counts = None if self.store is None else context.store(self.store)

    def transform(self, key: Any, value: Any) -> Any:
        result = fn.vm(self.function, key, value)
        if self.counts is None:
            return result
        count = fn.add(self.counts.get(key), 1)
        self.counts.put(key, count)
        return f"{fn.text(result)}#{fn.text(count)}"

    def close(self) -> None:
        pass


def supplier(op: dict[str, Any]) -> Callable[[], CaseProcessor]:
    return lambda: CaseProcessor(op["proc"], op.get("params") or {})


def used_stores(op: dict[str, Any]) -> list[str]:
    return op.get("stores") or []


__all__ = ["CaseProcessor", "CountingTransformer", "StoreSpec", "header_list", "supplier", "used_stores"]
