"""From the topology of a recorded case to a program with its processors, by the public API only."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import fnlib as fn

import headrace as hr

Record, Function = hr.Record[Any, Any], Callable[..., Any]
MARK = "\x01"  # before each part of a windowed key


@dataclass(frozen=True)
class CaseFormat(hr.Format[Any]):
    """A format made of two functions."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    exact: bool = False

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[Any], bytes]:
        return self.encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], Any]:
        return self.decode


def encode_key(key: Any) -> bytes:
    parts = ["", key.key, str(key.start), str(key.end)] if isinstance(key, hr.Windowed) else [key]
    return MARK.join(parts).encode()


def decode_key(raw: bytes) -> Any:
    text, *window = raw.decode().split(MARK) if raw.startswith(MARK.encode()) else [raw.decode()]
    return hr.Windowed(window[0], int(window[1]), int(window[2])) if window else text


KEY = CaseFormat(encode_key, decode_key, exact=True)
VALUE = CaseFormat(lambda value: fn.canonical(value).encode(), json.loads)  # long and double stay different
BOTH, SIDES = {"key": KEY, "value": VALUE}, {"key": KEY, "left": VALUE, "right": VALUE}
PRODUCED, GROUPED = hr.Produced(**BOTH), hr.Grouped(**BOTH)


def build_topology(ops: list[Any], capture: Function, *, naming: Any = "stable", caching: bool = False) -> hr.Topology:
    """The topology of a case; `capture(topic, key, value)` takes what peek and foreach see."""
    builder = hr.TopologyBuilder() if ops[0]["op"].startswith("papi_") else hr.StreamsBuilder(naming=naming)
    case = CaseBuilder(builder, capture, caching)
    for op in ops:
        case.add(Op(op))
    return builder.build()


class Op(dict[str, Any]):
    """An op of a case, and what its parts are here."""

    def method(self) -> str:
        name = self["op"].replace("papi_", "add_")
        if "how" in self:
            return f"{self['how']}_join".removeprefix("inner_") + METHODS.get(name, "_with_key")
        return "to_stream_with_key" if name == "to_stream" and self.get("key") else METHODS.get(name, name)

    def functions(self) -> list[Function]:
        """Those that the op names, in the order in which every method takes them."""
        own = OWN_KIND.get(self["op"])
        kinds = {"init": fn.init, "fn": own or fn.pred, "agg": fn.agg, "sub": own or fn.agg, "merger": fn.merge}
        kinds |= {"fk": fn.km, "joiner": own or fn.join}
        return [partial(kind, self[part]) for part, kind in kinds.items() if part in self]

    def consumed(self) -> hr.Consumed[Any, Any]:
        time = self.get("ts")
        extract = None if time is None else lambda record, so_far: fn.ts(time, record.value, record.timestamp, so_far)
        return hr.Consumed(**BOTH, timestamp=extract)

    def materialized(self, caching: bool) -> hr.Materialized[Any, Any]:
        retention, history = self.get("retention_ms"), self.get("versioned_ms")
        return hr.Materialized(self.get("store"), **BOTH, retention=retention, history=history, caching=caching)

    def topic_function(self) -> Function:
        return lambda key, value, _: self["prefix"] + fn.text(fn.km(self["topic_fn"], key, value))

    def key(self) -> Callable[[Any, Any], Any]:
        return partial(fn.km, self["key"])

    def key_value(self) -> Callable[[Any, Any], tuple[Any, Any]]:
        return lambda k, v: (fn.km(self["key"], k, v), fn.vm(self.get("value", "identity"), k, v))

    def store_spec(self) -> hr.StoreSpec:
        kind = hr.StoreKind[self["kind"].replace("kv", "key_value").upper()]
        times = {name: self.get(name.removeprefix("window_"), 0) for name in ("retention_ms", "history_ms", "window_size_ms")}
        return hr.StoreSpec(name=self["name"], kind=kind, key_format=KEY, value_format=VALUE, **times)

    def windows(self) -> Any:
        given = self["window"]
        parts = (given[part] for part in ("size", "advance", "diff", "gap", "start", "grace") if part in given)
        return getattr(hr, f"{given['type'].capitalize()}Windows")(*parts)

    def emitting(self, windowed: Any) -> Any:
        return windowed.emit(on=self["emit"].removeprefix("on_").replace("_", "-")) if self.get("emit") else windowed

    def suppressed(self) -> Any:
        bound, limit = self.get("buffer"), [self["ms"]] if "ms" in self else []
        buffer = hr.BufferConfig.max_records(bound["max_records"]) if bound else hr.BufferConfig.unbounded()
        buffer = buffer.emit_early_when_full() if bound and bound["full"] == "emit_early" else buffer
        return getattr(hr.Suppressed, self["mode"])(*limit, buffer)


class CaseBuilder:
    """A program in the making; `nodes` holds streams and tables by id."""

    def __init__(self, builder: Any, capture: Function, caching: bool) -> None:
        self.builder, self.capture, self.caching = builder, capture, caching
        self.nodes: dict[str, Any] = {}

    def add(self, op: Op) -> None:
        """Calls the method for an op with the other node and the store, if there are; STEPS say with what else."""
        up = self.nodes[op["in"]] if isinstance(op.get("in"), str) else self.builder
        if "merger" in op and not type(up).__name__.startswith("Session"):
            del op["merger"]  # cases give it to other windows, too
        others = [self.nodes[op["other"]]] if "other" in op else []
        stored = {"materialized": op.materialized(self.caching)} if op.get("store") or op["op"] in ALWAYS_STORED else {}
        call = partial(getattr(up, op.method()), *others, **stored)
        self.nodes[op["id"]] = STEPS[op["op"]](self, call, op) if op["op"] in STEPS else call(*op.functions())

    def split(self, call: Function, op: Op) -> None:
        split = call(name=f"{op['id']}-")
        for branch in op["branches"]:
            split.branch(partial(fn.pred, branch["fn"]), branch["name"] and hr.Branched(branch["name"]))
        default = op.get("default") and hr.Branched(op["default"])
        branches = split.default_branch(default) if "default" in op else split.no_default_branch()
        self.nodes |= {f"{op['id']}.{name[len(op['id']) + 1 :]}": branch for name, branch in branches.items()}


METHODS = {"state_store": "add_state_store", "to_dynamic": "to", "join_table_table": "", "join_fk": "_on"}
METHODS |= {name: f"{name}_with_key" for name in ("map_values", "flat_map_values")}
ALWAYS_STORED = {"count", "reduce", "aggregate", "join_fk"}
OWN_KIND = {"map_values": fn.vm, "flat_map": fn.fm, "flat_map_values": fn.fmv, "select_key": fn.km, "reduce": fn.red}
OWN_KIND |= dict.fromkeys(("join_table_table", "join_fk"), lambda name, left, right: fn.join(name, None, left, right))
STEPS: dict[str, Callable[[CaseBuilder, Function, Op], Any]] = {
    "stream": lambda _, call, op: call(op.get("topic") or op.get("topics") or re.compile(op["pattern"]), op.consumed()),
    **dict.fromkeys(("table", "global_table"), lambda _, call, op: call(op["topic"], op.consumed())),
    **dict.fromkeys(("state_store", "papi_store"), lambda _, call, op: call(op.store_spec())),
    **dict.fromkeys(("to", "through"), lambda _, call, op: call(op["topic"], PRODUCED)),
    "to_dynamic": lambda _, call, op: call(op.topic_function(), PRODUCED),
    "to_stream": lambda _, call, op: call(op.key()) if op.get("key") else call(),
    "map": lambda _, call, op: call(op.key_value()),
    **dict.fromkeys(("peek", "foreach"), lambda c, call, op: call(partial(c.capture, f"capture:{op['id']}"))),
    "split": CaseBuilder.split,
    "repartition": lambda _, call, op: call(hr.Repartitioned(**BOTH)),
    **dict.fromkeys(("process", "process_values"), lambda _, call, op: call(partial(CaseProcessor, op), *op.get("stores", ()))),
    "transform_values": lambda _, call, op: call(partial(CountingTransformer, op), *op.get("stores", ())),
    "suppress": lambda _, call, op: call(op.suppressed()),
    "group_by_key": lambda _, call, op: call(GROUPED),
    "group_by": lambda c, call, op: call(op.key_value() if isinstance(c.nodes[op["in"]], hr.KTable) else op.key(), GROUPED),
    "windowed_by": lambda _, call, op: op.emitting(call(op.windows())),
    "join_stream_stream": lambda _, call, op: call(*op.functions(), hr.JoinWindows(**op["window"]), hr.StreamJoined(**SIDES)),
    "join_stream_table": lambda _, call, op: call(*op.functions(), hr.Joined(**SIDES, grace=op.get("grace_ms"))),
    "join_stream_global": lambda _, call, op: call(*op.functions(), key=op.key()),
    "papi_source": lambda _, call, op: call(op["id"], *op["topics"], consumed=op.consumed()),
    "papi_processor": lambda _, call, op: call(op["id"], partial(CaseProcessor, op), *op["in"], stores=op.get("stores", ())),
    "papi_sink": lambda _, call, op: call(op["id"], op.get("topic") or op.topic_function(), *op["in"], produced=PRODUCED),
}


def header_list(headers: Sequence[tuple[str, bytes | None]]) -> list[list[str | None]]:
    return [[name, None if value is None else value.decode()] for name, value in headers]


class CaseProcessor(hr.Processor[Any, Any, Any, Any]):
    """One processor of a case: what PROCESSORS have under its name, else its method of that name."""

    def __init__(self, op: Op) -> None:
        self.name, self.args, self.ticks = op["proc"], op.get("params") or {}, 0

    def init(self, context: Any) -> None:
        super().init(context)
        self.step = PROCESSORS.get(self.name) or getattr(CaseProcessor, self.name)
        if "interval_ms" in self.args:
            kind, punctuate = hr.PunctuationType(self.args["type"]), getattr(self, f"punctuate_{self.name}")
            self.schedule = context.schedule(self.args["interval_ms"], kind, punctuate)

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

    def plain(self, found: Any) -> Any:
        return found.value if isinstance(found, hr.ValueAndTimestamp | hr.VersionedRecord) else found

    def stamped(self, r: Record) -> hr.ValueAndTimestamp[Any] | None:
        return None if r.value is None else hr.ValueAndTimestamp(r.value, r.timestamp)

    def key_of(self, r: Record) -> Any:
        return fn.km(self.args.get("key", "key"), r.key, r.value)

    def lookup(self, r: Record) -> None:
        found = None if (key := self.key_of(r)) is None else self.plain(self.store.get(key))
        self.forward(r, value=f"{fn.text(r.value)}|{fn.text(found)}")

    def meta(self, r: Record) -> None:
        at, context = self.context.record_metadata(), self.context
        origin = {name: at and getattr(at, name) for name in ("topic", "partition", "offset")}
        times = {"stream_time": context.current_stream_time_ms(), "wall": context.current_system_time_ms()}
        self.forward(r, value={**origin, "ts": r.timestamp, **times, "v": r.value})

    def route(self, r: Record) -> None:
        children = (child for predicate, child in self.args["rules"] if fn.pred(predicate, r.key, r.value))
        child = next(children, self.args.get("default"))
        if child is not None:
            self.context.forward(r, child)

    def dedup(self, r: Record, mark: Any, is_new: Callable[[Any], bool]) -> None:
        if is_new(self.store.get(r.key)):
            self.put(r, mark).forward(r)

    def count(self, r: Record, read: Function, *at: int) -> None:
        self.store.put(r.key, count := fn.add(self.plain(read(r.key, *at)), 1), *at)
        self.forward(r, value=count)

    def latest(self, r: Record) -> None:
        held = self.store.get(r.key)
        if held is None or r.timestamp >= held.timestamp:
            self.store.put(r.key, held := self.stamped(r))
        self.forward(r, value=self.plain(held), timestamp=held.timestamp if held else r.timestamp)

    def session_put(self, r: Record) -> None:
        at, gap = r.timestamp, self.args["gap_ms"]
        found = [f"{s.start}-{s.end}={fn.text(value)}" for s, value in self.store.find_sessions(r.key, at - gap, at + gap)]
        self.store.put(hr.Windowed(r.key, at, at), r.value)
        self.forward(r, value=found)

    def versioned_put(self, r: Record) -> None:
        put = self.store.put(r.key, r.value, r.timestamp)
        code = {hr.NOT_PUT: "not_put", hr.VALID_TO_UNDEFINED: "latest"}.get(put, put)
        before, latest = self.store.get(r.key, r.timestamp - 1) if r.timestamp else None, self.store.get(r.key)
        self.forward(r, value={"put": code, "before": self.plain(before), "latest": self.plain(latest)})

    def punctuate_tick(self, now: int) -> None:
        self.context.forward(hr.Record("tick", now, now))
        self.ticks += 1
        if self.ticks == self.args.get("cancel_after"):
            self.schedule.cancel()

    def punctuate_buffer_punct(self, now: int) -> None:
        for key, value in list(self.store.all()):
            self.context.forward(hr.Record(key, value, now))
            if self.args.get("clear"):
                self.store.delete(key)

    def punctuate_expire(self, now: int) -> None:
        for key, held in list(self.store.all()):
            if now - held.timestamp >= self.args["ttl_ms"]:
                self.store.delete(key)
                self.context.forward(hr.Record(key, None, held.timestamp))


PROCESSORS: dict[str, Callable[[CaseProcessor, Record], object]] = {
    "map": lambda p, r: p.forward(r, key=p.key_of(r), value=fn.vm(p.args["value"], r.key, r.value)),
    "filter": lambda p, r: fn.pred(p.args["pred"], r.key, r.value) and p.forward(r),
    "repeat": lambda p, r: [p.forward(r, timestamp=r.timestamp + number) for number in range(p.args["n"])],
    "set_ts": lambda p, r: p.forward(r, timestamp=max(0, r.timestamp + p.args["delta"])),
    "add_header": lambda p, r: p.forward(r, headers=(*r.headers, (p.args["name"], p.args["value"].encode()))),
    "remove_header": lambda p, r: p.forward(r, headers=tuple(h for h in r.headers if h[0] != p.args["name"])),
    "headers_to_value": lambda p, r: p.forward(r, value=header_list(r.headers)),
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
    "buffer_punct": CaseProcessor.put,
    "expire": lambda p, r: p.put(r, p.stamped(r)).forward(r),
}


class CountingTransformer(hr.ValueTransformer[Any, Any, Any]):
    """A table's value transformer; with a store it numbers the values of each key."""

    def __init__(self, op: Op) -> None:
        self.op = op

    def transform(self, key: Any, value: Any) -> Any:
        result = fn.vm(self.op["fn"], key, value)
        if "count_store" not in self.op:
            return result
        counts = self.context.store(self.op["count_store"])
        counts.put(key, count := fn.add(counts.get(key), 1))
        return f"{fn.text(result)}#{fn.text(count)}"
