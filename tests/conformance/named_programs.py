"""Programs with and without given names; `named_descriptions.jsonl` has what Kafka Streams prints for the same ones.

Each function is one program, under its name with `-` for `_`.
"""

from typing import Any

from headrace import (
    Branched,
    BufferConfig,
    Consumed,
    Grouped,
    Joined,
    JoinWindows,
    Materialized,
    Processor,
    Produced,
    Repartitioned,
    SessionWindows,
    SlidingWindows,
    StoreKind,
    StoreSpec,
    StreamJoined,
    StreamsBuilder,
    Suppressed,
    TableJoined,
    TumblingWindows,
)
from headrace.formats import String
from headrace.processor.transformer import ValueTransformer

WINDOWS = TumblingWindows(size=10, grace=1)
JOIN_WINDOWS = JoinWindows.within(10, grace=1)


def true(key: Any, value: Any) -> bool:
    return True


def key_of(key: Any, value: Any) -> Any:
    return key


def pair(key: Any, value: Any) -> tuple[Any, Any]:
    return key, value


def same(value: Any) -> Any:
    return value


def first(one: Any, other: Any) -> Any:
    return one


def keep(key: Any, value: Any, aggregate: Any) -> Any:
    return aggregate


class Nop(Processor[Any, Any, Any, Any]):
    def process(self, record: Any) -> None:
        self.context.forward(record)


class Unchanged(ValueTransformer[Any, Any, Any]):
    def transform(self, key: Any, value: Any) -> Any:
        return value


def stateless_named(b: StreamsBuilder) -> None:
    source = b.stream("in", Consumed(name="src"))
    s = source.filter(true, name="f").filter_not(true).map(pair, name="m").map_values(same)
    s = s.map_values(same, name="mv").flat_map(lambda k, v: [(k, v)], name="fm").flat_map_values(lambda v: [v], name="fmv")
    s.select_key(key_of, name="sk").peek(true, name="p").to("out", Produced(name="sink"))
    source.foreach(true, name="fe")
    source.merge(b.stream("in2"), name="mg").print(name="pr")


def tables_named(b: StreamsBuilder) -> None:
    t = b.table("t", Consumed(name="users"))
    u = b.table("u", Consumed(name="cities"), Materialized("city-store"))
    kept = t.filter(true, name="tf").map_values(same, Materialized("tm-store"), name="tm")
    kept.join(u, first, name="j").to_stream(name="ts").to("out")
    t.left_join(u, first, Materialized("lj-store"), name="lj")
    t.outer_join(u, first, Materialized()).to_stream_with_key(key_of, name="ts2").to("out2")
    t.transform_values(Unchanged, name="tv").to_stream().to("out3")


def groups_named(b: StreamsBuilder) -> None:
    s = b.stream("in")
    g = s.group_by(key_of, Grouped(name="g"))
    g.count(name="c1")
    g.count(Materialized("c2-store"), name="c2")
    g.reduce(first, Materialized("r-store"))
    g.aggregate(int, keep, Materialized(), name="ag")
    s.group_by_key().count(Materialized()).to_stream().to("o")
    s.select_key(key_of).group_by_key().count(name="c3")
    s.select_key(key_of).group_by_key(Grouped(name="g4")).count(Materialized("c4"))


def group_unnamed_reuse(b: StreamsBuilder) -> None:
    g = b.stream("in").group_by(key_of)
    g.count()
    g.reduce(first)
    g.count(Materialized("kept"))


def windows_named(b: StreamsBuilder) -> None:
    g = b.stream("in").group_by(key_of)
    g.windowed_by(WINDOWS).count(name="tw")
    g.windowed_by(WINDOWS).count(Materialized())
    g.windowed_by(SlidingWindows(10, grace=1)).count(Materialized())
    g.windowed_by(SlidingWindows(10, grace=1)).reduce(first, Materialized("sl-store"), name="sl")
    g.windowed_by(SessionWindows(10, grace=1)).count(Materialized())
    g.windowed_by(SessionWindows(10, grace=1)).aggregate(int, keep, keep, name="se")


def grouped_tables_named(b: StreamsBuilder) -> None:
    t = b.table("t")
    g = t.group_by(pair, Grouped(name="g"))
    g.count(name="c1")
    g.count(Materialized("c2"))
    h = t.group_by(pair)
    h.reduce(first, first)
    h.aggregate(int, keep, keep, Materialized("ag-store"), name="ag")


def cogroup_named(b: StreamsBuilder) -> None:
    x = b.stream("a").group_by_key()
    y = b.stream("b").group_by(key_of, Grouped(name="by"))
    c = x.cogroup(keep).cogroup(y, keep)
    c.aggregate(int, Materialized("co-store"), name="co")
    c.windowed_by(WINDOWS).aggregate(int)
    c.windowed_by(SessionWindows(10, grace=1)).aggregate(int, keep, name="cs")


def stream_joins_named(b: StreamsBuilder) -> None:
    left, right = b.stream("l"), b.stream("r")
    left.join(right, first, JOIN_WINDOWS, StreamJoined(store_name="j"))
    left.left_join(right, first, JOIN_WINDOWS, StreamJoined(store_name="js", name="lj"))
    left.outer_join(right, first, JOIN_WINDOWS, StreamJoined(store_name="os"))
    left.outer_join(right, first, JOIN_WINDOWS, StreamJoined(name="oj"))
    moved = left.select_key(key_of)
    moved.join(right.select_key(key_of, name="rk"), first, JOIN_WINDOWS, StreamJoined(name="rj"))


def stream_join_reuses_repartition(b: StreamsBuilder) -> None:
    left, table, right = b.stream("l").select_key(key_of), b.table("t"), b.stream("r")
    left.join(table, first).to("o1")
    left.left_join(table, first).to("o2")
    left.join(right, first, JOIN_WINDOWS).to("o3")
    left.join(table, first, Joined(name="named")).to("o4")
    left.join(table, first).to("o5")


def self_join(b: StreamsBuilder) -> None:
    left = b.stream("l")
    left.join(left, first, JOIN_WINDOWS).to("o")
    moved = left.select_key(key_of)
    moved.join(moved, first, JOIN_WINDOWS).to("o2")


def stream_table_named(b: StreamsBuilder) -> None:
    left = b.stream("l").select_key(key_of)
    table = b.table("t", materialized=Materialized("v", history=1000))
    left.join(table, first, Joined(name="j", grace=5)).to("o1")
    b.stream("n").left_join(table, first, Joined(grace=5)).to("o2")


def global_named(b: StreamsBuilder) -> None:
    left = b.stream("l")
    g, h = b.global_table("g", Consumed(name="glob")), b.global_table("h", materialized=Materialized("h-store"))
    left.join(g, first, key=key_of, name="gj").left_join(h, first, key=key_of).to("o")
    b.stream("z").to("zo")


def foreign_key_named(b: StreamsBuilder) -> None:
    left, right = b.table("l"), b.table("r")
    left.join_on(right, key_of, first, TableJoined(name="fk")).to_stream().to("o1")
    left.left_join_on(right, key_of, first, TableJoined(name="fk2"), Materialized("fks")).to_stream().to("o2")
    left.join_on(right, key_of, first).join(left, first).to_stream().to("o3")


def suppress_named(b: StreamsBuilder) -> None:
    t = b.stream("in").group_by_key().windowed_by(WINDOWS).count()
    t.suppress(Suppressed.until_window_closes(BufferConfig.unbounded(), name="su")).to_stream().to("o1")
    t.suppress(Suppressed.until_time_limit(5, BufferConfig.unbounded())).to_stream().to("o2")


def split_named(b: StreamsBuilder) -> None:
    s = b.stream("in")
    split = s.split(name="sp-").branch(true, Branched("x"))
    split.branch(true, Branched(consumer=lambda branch: branch.filter(true).to("bo")))
    split.branch(true, Branched("fn", function=lambda branch: branch.map_values(same))).default_branch(Branched("d"))
    s.split().branch(true).default_branch()
    s.filter(true).to("after")


def repartition_to_table(b: StreamsBuilder) -> None:
    s = b.stream("in")
    s.repartition(Repartitioned(name="rep")).to("o1")
    s.repartition(Repartitioned(partitions=3)).to("o2")
    s.select_key(key_of).to_table(name="tt").to_stream().to("o3")
    s.select_key(key_of).to_table(Materialized("tt-store")).to_stream().to("o4")
    s.map(pair).to_table().filter(true, Materialized()).to_stream().to("o5")


def process_named(b: StreamsBuilder) -> None:
    b.add_state_store(StoreSpec(name="st", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=String()))
    s = b.stream("in")
    s.process(Nop, "st", name="pr").group_by_key().count()
    s.process_values(Nop, "st").process_values(Nop, name="pv").group_by_key().count()
    s.process(Nop).to("o")


def same_topic_twice(b: StreamsBuilder) -> None:
    b.stream("in").filter(true).to("o1")
    b.stream("in2").to("o3")
    b.stream("in").map_values(same).to("o2")
    b.stream(["x", "y", "z"]).to("o4")


def named_group_moves(b: StreamsBuilder) -> None:
    k = b.stream("in").select_key(key_of)
    g = k.group_by_key(Grouped(name="g"))
    g.count()
    k.filter(true).to("o1")
    g.reduce(first)
    k.map_values(same).to("o2")


PROGRAMS = {
    program.__name__.replace("_", "-"): program
    for program in (
        stateless_named,
        tables_named,
        groups_named,
        group_unnamed_reuse,
        windows_named,
        grouped_tables_named,
        cogroup_named,
        stream_joins_named,
        stream_join_reuses_repartition,
        self_join,
        stream_table_named,
        global_named,
        foreign_key_named,
        suppress_named,
        split_named,
        repartition_to_table,
        process_named,
        same_topic_twice,
        named_group_moves,
    )
}
