"""From the topology of a recorded case to a program, by the public API only."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import fnlib as fn
from case_formats import KEY, VALUE
from case_processors import CaseProcessor, CountingTransformer

import headrace as hr

Op = dict[str, Any]
Capture = Callable[[str, Any, Any], None]

PRODUCED, GROUPED = hr.Produced(key=KEY, value=VALUE), hr.Grouped(key=KEY, value=VALUE)
SIDES = hr.StreamJoined(key=KEY, left=VALUE, right=VALUE)
JOINS = {"inner": "join", "left": "left_join", "outer": "outer_join"}
STORE_KINDS = {"kv": "KEY_VALUE", "timestamped_kv": "TIMESTAMPED_KEY_VALUE"}
STORE_TIMES = {"retention_ms": "retention_ms", "history_ms": "history_ms", "window_size_ms": "size_ms"}
WINDOWS: dict[str, Callable[[Op], Any]] = {
    "tumbling": lambda w: hr.TumblingWindows(size=w["size"], grace=w["grace"]),
    "hopping": lambda w: hr.HoppingWindows(size=w["size"], advance=w["advance"], grace=w["grace"]),
    "sliding": lambda w: hr.SlidingWindows(difference=w["diff"], grace=w["grace"]),
    "session": lambda w: hr.SessionWindows(gap=w["gap"], grace=w["grace"]),
    "unlimited": lambda w: hr.UnlimitedWindows(w["start"]),
}


def build_topology(ops: list[Op], capture: Capture, *, naming: str = "stable", caching: bool = False) -> hr.Topology:
    """The topology of a case; `capture(topic, key, value)` takes what peek and foreach see."""
    if any(op["op"].startswith("papi_") for op in ops):
        topology = hr.TopologyBuilder()
        for op in ops:
            PAPI[op["op"]](topology, op)
        return topology.build()
    case = CaseBuilder(hr.StreamsBuilder(naming=naming), capture, caching)
    for op in ops:
        case.nodes[op.get("id")] = DSL[op["op"]](case, case.nodes.get(op.get("in")), op)
    return case.builder.build()


def store_spec(op: Op) -> hr.StoreSpec:
    kind = hr.StoreKind[STORE_KINDS.get(op["kind"], op["kind"].upper())]
    times = {name: op.get(given, 0) for name, given in STORE_TIMES.items()}
    return hr.StoreSpec(name=op["name"], kind=kind, key_format=KEY, value_format=VALUE, **times)


def consumed(op: Op) -> hr.Consumed[Any, Any]:
    time = op.get("ts")
    extract = None if time is None else lambda record, so_far: fn.ts(time, record.value, record.timestamp, so_far)
    return hr.Consumed(key=KEY, value=VALUE, timestamp=extract)


def topic_function(op: Op) -> Callable[[Any, Any, Any], str]:
    return lambda key, value, _: op["prefix"] + fn.text(fn.km(op["topic_fn"], key, value))


def key_value(op: Op, value: str) -> Callable[[Any, Any], tuple[Any, Any]]:
    return lambda k, v: (fn.km(op["key"], k, v), fn.vm(value, k, v))


def keyed(op: Op) -> Callable[[Any, Any, Any], Any]:
    return partial(fn.join, op["joiner"])


def joined(op: Op) -> hr.Joined[Any, Any, Any]:
    return hr.Joined(key=KEY, left=VALUE, right=VALUE, grace=op.get("grace_ms"))


class CaseBuilder:
    """A program in the making; `nodes` holds streams and tables by id."""

    def __init__(self, builder: hr.StreamsBuilder, capture: Capture, caching: bool) -> None:
        self.builder, self.capture, self.caching = builder, capture, caching
        self.nodes: dict[str | None, Any] = {}

    def stored(self, op: Op) -> hr.Materialized[Any, Any]:
        times = {"retention": op.get("retention_ms"), "history": op.get("versioned_ms")}
        return hr.Materialized(op.get("store"), key=KEY, value=VALUE, caching=self.caching, **times)

    def if_stored(self, op: Op) -> dict[str, Any]:
        return {} if op.get("store") is None else {"materialized": self.stored(op)}

    def split(self, up: Any, op: Op) -> None:
        prefix = f"{op['id']}-"
        split = up.split(name=prefix)
        for branch in op["branches"]:
            split.branch(partial(fn.pred, branch["fn"]), hr.Branched(branch["name"]) if branch["name"] else None)
        default = None if op.get("default") is None else hr.Branched(op["default"])
        branches = split.default_branch(default) if "default" in op else split.no_default_branch()
        self.nodes |= {f"{op['id']}.{name.removeprefix(prefix)}": stream for name, stream in branches.items()}

    def suppress(self, up: Any, op: Op) -> Any:
        bound, how = op.get("buffer"), hr.Suppressed
        buffer = hr.BufferConfig.max_records(bound["max_records"]) if bound else hr.BufferConfig.unbounded()
        buffer = buffer.emit_early_when_full() if bound and bound["full"] == "emit_early" else buffer
        closes = op["mode"] == "until_window_closes"
        return up.suppress(how.until_window_closes(buffer) if closes else how.until_time_limit(op["ms"], buffer))

    def group_by(self, up: Any, op: Op) -> Any:
        is_table = hasattr(up, "to_stream")
        return up.group_by(key_value(op, op.get("value", "identity")) if is_table else partial(fn.km, op["key"]), GROUPED)

    def windowed_by(self, up: Any, op: Op) -> Any:
        windowed = up.windowed_by(WINDOWS[op["window"]["type"]](op["window"]))
        return windowed.emit(on=op["emit"].removeprefix("on_").replace("_", "-")) if op.get("emit") else windowed

    def aggregate(self, up: Any, op: Op) -> Any:
        functions = [partial(fn.agg, op[part]) for part in ("agg", "sub") if part in op]
        if "merger" in op and type(up).__name__.startswith("Session"):
            functions.append(partial(fn.merge, op["merger"]))
        return up.aggregate(partial(fn.init, op["init"]), *functions, self.stored(op))

    def join(self, up: Any, op: Op, suffix: str, *arguments: Any, **named: Any) -> Any:
        return getattr(up, JOINS[op["how"]] + suffix)(self.nodes[op["other"]], *arguments, **named)


PAPI: dict[str, Callable[[hr.TopologyBuilder, Op], object]] = {
    "papi_source": lambda t, op: t.add_source(op["id"], *op["topics"], consumed=consumed(op)),
    "papi_processor": lambda t, op: t.add_processor(
        op["id"], partial(CaseProcessor, op), *op["in"], stores=op.get("stores") or ()
    ),
    "papi_store": lambda t, op: t.add_store(store_spec(op)),
    "papi_sink": lambda t, op: t.add_sink(op["id"], op.get("topic") or topic_function(op), *op["in"], produced=PRODUCED),
}
DSL: dict[str, Callable[[CaseBuilder, Any, Op], Any]] = {
    "stream": lambda c, _, op: c.builder.stream(
        re.compile(op["pattern"]) if "pattern" in op else op.get("topics") or op["topic"], consumed(op)
    ),
    "table": lambda c, _, op: c.builder.table(op["topic"], consumed(op), **c.if_stored(op)),
    "global_table": lambda c, _, op: c.builder.global_table(op["topic"], consumed(op), **c.if_stored(op)),
    "state_store": lambda c, _, op: c.builder.add_state_store(store_spec(op)),
    "to": lambda c, up, op: up.to(op["topic"], PRODUCED),
    "to_dynamic": lambda c, up, op: up.to(topic_function(op), PRODUCED),
    "through": lambda c, up, op: up.through(op["topic"], PRODUCED),
    "filter": lambda c, up, op: up.filter(partial(fn.pred, op["fn"]), **c.if_stored(op)),
    "filter_not": lambda c, up, op: up.filter_not(partial(fn.pred, op["fn"]), **c.if_stored(op)),
    "map_values": lambda c, up, op: up.map_values_with_key(partial(fn.vm, op["fn"]), **c.if_stored(op)),
    "map": lambda c, up, op: up.map(key_value(op, op["value"])),
    "flat_map": lambda c, up, op: up.flat_map(partial(fn.fm, op["fn"])),
    "flat_map_values": lambda c, up, op: up.flat_map_values_with_key(partial(fn.fmv, op["fn"])),
    "select_key": lambda c, up, op: up.select_key(partial(fn.km, op["fn"])),
    "peek": lambda c, up, op: up.peek(partial(c.capture, f"capture:{op['id']}")),
    "foreach": lambda c, up, op: up.foreach(partial(c.capture, f"capture:{op['id']}")),
    "split": CaseBuilder.split,
    "merge": lambda c, up, op: up.merge(c.nodes[op["other"]]),
    "repartition": lambda c, up, op: up.repartition(hr.Repartitioned(key=KEY, value=VALUE)),
    "process": lambda c, up, op: up.process(partial(CaseProcessor, op), *op.get("stores") or ()),
    "process_values": lambda c, up, op: up.process_values(partial(CaseProcessor, op), *op.get("stores") or ()),
    "to_table": lambda c, up, op: up.to_table(**c.if_stored(op)),
    "to_stream": lambda c, up, op: up.to_stream_with_key(partial(fn.km, op["key"])) if op.get("key") else up.to_stream(),
    "transform_values": lambda c, up, op: up.transform_values(
        partial(CountingTransformer, op), *op.get("stores") or (), **c.if_stored(op)
    ),
    "suppress": CaseBuilder.suppress,
    "group_by_key": lambda c, up, op: up.group_by_key(GROUPED),
    "group_by": CaseBuilder.group_by,
    "windowed_by": CaseBuilder.windowed_by,
    "count": lambda c, up, op: up.count(c.stored(op)),
    "reduce": lambda c, up, op: up.reduce(*(partial(fn.red, op[part]) for part in ("fn", "sub") if part in op), c.stored(op)),
    "cogroup": lambda c, up, op: up.cogroup(*([c.nodes[op["other"]]] if "other" in op else []), partial(fn.agg, op["agg"])),
    "aggregate": CaseBuilder.aggregate,
    "join_stream_stream": lambda c, up, op: c.join(up, op, "_with_key", keyed(op), hr.JoinWindows(**op["window"]), SIDES),
    "join_stream_table": lambda c, up, op: c.join(up, op, "_with_key", keyed(op), joined(op)),
    "join_stream_global": lambda c, up, op: c.join(up, op, "_with_key", keyed(op), key=partial(fn.km, op["key"])),
    "join_table_table": lambda c, up, op: c.join(up, op, "", partial(keyed(op), None), **c.if_stored(op)),
    "join_fk": lambda c, up, op: c.join(
        up, op, "_on", partial(fn.km, op["fk"]), partial(keyed(op), None), materialized=c.stored(op)
    ),
}
