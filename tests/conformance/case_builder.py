"""From the topology of a recorded case to a program, by the public API only."""

import re
from collections.abc import Callable
from typing import Any

import case_processors as procs
import fnlib as fn
from case_formats import CaseKey, CaseValue

from headrace import (
    Branched,
    BufferConfig,
    Consumed,
    Grouped,
    HoppingWindows,
    Joined,
    JoinWindows,
    Materialized,
    Produced,
    Repartitioned,
    SessionWindows,
    SlidingWindows,
    StoreKind,
    StoreSpec,
    StreamJoined,
    StreamsBuilder,
    Suppressed,
    Topology,
    TopologyBuilder,
    TumblingWindows,
    UnlimitedWindows,
)

KEY, VALUE = CaseKey(), CaseValue()
Op = dict[str, Any]
Capture = Callable[[str, Any, Any], None]

_KINDS = {
    "kv": StoreKind.KEY_VALUE,
    "timestamped_kv": StoreKind.TIMESTAMPED_KEY_VALUE,
    "window": StoreKind.WINDOW,
    "session": StoreKind.SESSION,
    "versioned": StoreKind.VERSIONED,
}


def build_topology(ops: list[Op], capture: Capture, *, naming: str = "stable", caching: bool = False) -> Topology:
    """The topology of a case; `capture(topic, key, value)` takes what peek and foreach see."""
    if any(op["op"].startswith("papi_") for op in ops):
        return build_papi(ops)
    return CaseBuilder(capture, naming, caching).build(ops)


def store_spec(op: Op) -> StoreSpec:
    return StoreSpec(
        name=op["name"],
        kind=_KINDS[op["kind"]],
        key_format=KEY,
        value_format=VALUE,
        retention_ms=op.get("retention_ms", 0),
        window_size_ms=op.get("size_ms", 0),
        history_ms=op.get("history_ms", 0),
    )


def consumed(op: Op) -> Consumed[Any, Any]:
    time = op.get("ts")
    extract = None if time is None else lambda record, so_far: fn.ts(time, record.value, record.timestamp, so_far)
    return Consumed(key=KEY, value=VALUE, timestamp=extract)


def build_papi(ops: list[Op]) -> Topology:
    topology = TopologyBuilder()
    for op in ops:
        match op["op"]:
            case "papi_source":
                topology.add_source(op["id"], *op["topics"], consumed=consumed(op))
            case "papi_processor":
                topology.add_processor(op["id"], procs.supplier(op), *op["in"], stores=procs.used_stores(op))
            case "papi_store":
                topology.add_store(store_spec(op))
            case "papi_sink":
                topic = op.get("topic") or topic_function(op)
                topology.add_sink(op["id"], topic, *op["in"], produced=Produced(key=KEY, value=VALUE))
    return topology.build()


def topic_function(op: Op) -> Callable[[Any, Any, Any], str]:
    return lambda key, value, _: op["prefix"] + fn.text(fn.km(op["topic_fn"], key, value))


class CaseBuilder:
    """Builds the ops of one case in order; `nodes` holds streams and tables by id."""

    def __init__(self, capture: Capture, naming: str, caching: bool) -> None:
        self.builder = StreamsBuilder(naming=naming)
        self.capture = capture
        self.caching = caching
        self.nodes: dict[str, Any] = {}

    def build(self, ops: list[Op]) -> Topology:
        for op in ops:
            made = getattr(self, f"op_{op['op']}")(op)
            if made is not None:
                self.nodes[op["id"]] = made
        return self.builder.build()

    def up(self, op: Op, name: str = "in") -> Any:
        return self.nodes[op[name]]

    def materialized(self, op: Op, *, always: bool = False) -> Materialized[Any, Any] | None:
        if not always and op.get("store") is None:
            return None
        return Materialized(
            op.get("store"),
            key=KEY,
            value=VALUE,
            caching=self.caching,
            retention=op.get("retention_ms"),
            history=op.get("versioned_ms"),
        )

    # ---- sources and sinks ----------------------------------------------------------------------------------------

    def op_stream(self, op: Op) -> Any:
        topics = re.compile(op["pattern"]) if "pattern" in op else op.get("topics") or op["topic"]
        return self.builder.stream(topics, consumed(op))

    def op_table(self, op: Op) -> Any:
        return self.builder.table(op["topic"], consumed(op), self.materialized(op))

    def op_global_table(self, op: Op) -> Any:
        return self.builder.global_table(op["topic"], consumed(op), self.materialized(op))

    def op_state_store(self, op: Op) -> None:
        self.builder.add_state_store(store_spec(op))

    def op_to(self, op: Op) -> None:
        self.up(op).to(op["topic"], Produced(key=KEY, value=VALUE))

    def op_to_dynamic(self, op: Op) -> None:
        self.up(op).to(topic_function(op), Produced(key=KEY, value=VALUE))

    def op_through(self, op: Op) -> Any:
        return self.up(op).through(op["topic"], Produced(key=KEY, value=VALUE))

    # ---- stateless ------------------------------------------------------------------------------------------------

    def filtered(self, op: Op, method: str) -> Any:
        up = self.up(op)
        materialized = self.materialized(op)
        extra = [] if materialized is None else [materialized]
        return getattr(up, method)(lambda key, value: fn.pred(op["fn"], key, value), *extra)

    def op_filter(self, op: Op) -> Any:
        return self.filtered(op, "filter")

    def op_filter_not(self, op: Op) -> Any:
        return self.filtered(op, "filter_not")

    def op_map_values(self, op: Op) -> Any:
        materialized = self.materialized(op)
        extra = [] if materialized is None else [materialized]
        return self.up(op).map_values_with_key(lambda key, value: fn.vm(op["fn"], key, value), *extra)

    def op_map(self, op: Op) -> Any:
        return self.up(op).map(lambda k, v: (fn.km(op["key"], k, v), fn.vm(op["value"], k, v)))

    def op_flat_map(self, op: Op) -> Any:
        return self.up(op).flat_map(lambda key, value: fn.fm(op["fn"], key, value))

    def op_flat_map_values(self, op: Op) -> Any:
        return self.up(op).flat_map_values_with_key(lambda key, value: fn.fmv(op["fn"], key, value))

    def op_select_key(self, op: Op) -> Any:
        return self.up(op).select_key(lambda key, value: fn.km(op["fn"], key, value))

    def op_peek(self, op: Op) -> Any:
        return self.up(op).peek(lambda key, value: self.capture(f"capture:{op['id']}", key, value))

    def op_foreach(self, op: Op) -> None:
        self.up(op).foreach(lambda key, value: self.capture(f"capture:{op['id']}", key, value))

    def op_split(self, op: Op) -> None:
        split = self.up(op).split(name=f"{op['id']}-")
        for branch in op["branches"]:
            split.branch(lambda k, v, f=branch["fn"]: fn.pred(f, k, v), Branched(branch["name"]) if branch["name"] else None)
        if "default" not in op:
            branches = split.no_default_branch()
        else:
            branches = split.default_branch(Branched(op["default"]) if op["default"] is not None else None)
        for name, stream in branches.items():
            self.nodes[f"{op['id']}.{name.removeprefix(op['id'] + '-')}"] = stream

    def op_merge(self, op: Op) -> Any:
        return self.up(op).merge(self.up(op, "other"))

    def op_repartition(self, op: Op) -> Any:
        return self.up(op).repartition(Repartitioned(key=KEY, value=VALUE))

    def op_process(self, op: Op) -> Any:
        return self.up(op).process(procs.supplier(op), *procs.used_stores(op))

    def op_process_values(self, op: Op) -> Any:
        return self.up(op).process_values(procs.supplier(op), *procs.used_stores(op))

    # ---- tables ---------------------------------------------------------------------------------------------------

    def op_to_table(self, op: Op) -> Any:
        return self.up(op).to_table(self.materialized(op))

    def op_to_stream(self, op: Op) -> Any:
        if op.get("key") is None:
            return self.up(op).to_stream()
        return self.up(op).to_stream_with_key(lambda key, value: fn.km(op["key"], key, value))

    def op_transform_values(self, op: Op) -> Any:
        make = lambda: procs.CountingTransformer(op["fn"], op.get("count_store"))  # noqa: E731
        return self.up(op).transform_values(make, *procs.used_stores(op), materialized=self.materialized(op))

    def op_suppress(self, op: Op) -> Any:
        bound = op.get("buffer")
        buffer = BufferConfig.unbounded() if bound is None else BufferConfig.max_records(bound["max_records"])
        if bound is not None and bound["full"] == "emit_early":
            buffer = buffer.emit_early_when_full()
        if op["mode"] == "until_window_closes":
            return self.up(op).suppress(Suppressed.until_window_closes(buffer))
        return self.up(op).suppress(Suppressed.until_time_limit(op["ms"], buffer))

    # ---- aggregations ---------------------------------------------------------------------------------------------

    def op_group_by_key(self, op: Op) -> Any:
        return self.up(op).group_by_key(Grouped(key=KEY, value=VALUE))

    def op_group_by(self, op: Op) -> Any:
        up, grouped = self.up(op), Grouped(key=KEY, value=VALUE)
        if not hasattr(up, "to_stream"):
            return up.group_by(lambda key, value: fn.km(op["key"], key, value), grouped)
        value_of = op.get("value", "identity")
        return up.group_by(lambda k, v: (fn.km(op["key"], k, v), fn.vm(value_of, k, v)), grouped)

    def op_windowed_by(self, op: Op) -> Any:
        w = op["window"]
        match w["type"]:
            case "tumbling":
                windows: Any = TumblingWindows(size=w["size"], grace=w["grace"])
            case "hopping":
                windows = HoppingWindows(size=w["size"], advance=w["advance"], grace=w["grace"])
            case "sliding":
                windows = SlidingWindows(difference=w["diff"], grace=w["grace"])
            case "session":
                windows = SessionWindows(gap=w["gap"], grace=w["grace"])
            case _:
                windows = UnlimitedWindows(w["start"])
        windowed = self.up(op).windowed_by(windows)
        return windowed.emit(on=op["emit"].removeprefix("on_").replace("_", "-")) if op.get("emit") else windowed

    def op_count(self, op: Op) -> Any:
        return self.up(op).count(self.materialized(op, always=True))

    def op_reduce(self, op: Op) -> Any:
        functions = [lambda g, v: fn.red(op["fn"], g, v)]
        if "sub" in op:
            functions.append(lambda g, v: fn.red(op["sub"], g, v))
        return self.up(op).reduce(*functions, self.materialized(op, always=True))

    def op_cogroup(self, op: Op) -> Any:
        aggregator = lambda key, value, g: fn.agg(op["agg"], key, value, g)  # noqa: E731
        up = self.up(op)
        return up.cogroup(aggregator) if "other" not in op else up.cogroup(self.up(op, "other"), aggregator)

    def op_aggregate(self, op: Op) -> Any:
        functions: list[Callable[..., Any]] = [lambda: fn.init(op["init"])]
        if "agg" in op:
            functions.append(lambda k, v, g: fn.agg(op["agg"], k, v, g))
        if "sub" in op:
            functions.append(lambda k, v, g: fn.agg(op["sub"], k, v, g))
        if "merger" in op and type(self.up(op)).__name__.startswith("Session"):
            functions.append(lambda k, a, b: fn.merge(op["merger"], k, a, b))
        return self.up(op).aggregate(*functions, self.materialized(op, always=True))

    # ---- joins ----------------------------------------------------------------------------------------------------

    def joined(self, op: Op, joiner: Callable[..., Any], *options: Any, with_key: bool = True, **named: Any) -> Any:
        method = {"inner": "join", "left": "left_join", "outer": "outer_join"}[op["how"]]
        join = getattr(self.up(op), f"{method}_with_key" if with_key else method)
        return join(self.up(op, "other"), joiner, *options, **named)

    def op_join_stream_stream(self, op: Op) -> Any:
        w = op["window"]
        windows = JoinWindows(before=w["before"], after=w["after"], grace=w["grace"])
        return self.joined(op, keyed(op), windows, StreamJoined(key=KEY, left=VALUE, right=VALUE))

    def op_join_stream_table(self, op: Op) -> Any:
        return self.joined(op, keyed(op), Joined(key=KEY, left=VALUE, right=VALUE, grace=op.get("grace_ms")))

    def op_join_stream_global(self, op: Op) -> Any:
        return self.joined(op, keyed(op), key=lambda key, value: fn.km(op["key"], key, value))

    def op_join_table_table(self, op: Op) -> Any:
        return self.joined(op, unkeyed(op), self.materialized(op), with_key=False)

    def op_join_fk(self, op: Op) -> Any:
        join = self.up(op).join_on if op["how"] == "inner" else self.up(op).left_join_on
        foreign_key = lambda key, value: fn.km(op["fk"], key, value)  # noqa: E731
        return join(self.up(op, "other"), foreign_key, unkeyed(op), materialized=self.materialized(op, always=True))


def keyed(op: Op) -> Callable[[Any, Any, Any], Any]:
    return lambda key, left, right: fn.join(op["joiner"], key, left, right)


def unkeyed(op: Op) -> Callable[[Any, Any], Any]:
    return lambda left, right: fn.join(op["joiner"], None, left, right)
