"""Caching changes how often a table speaks, never what it says last.

The recorded cases are run twice, without and with caches, the second time with commits at random moments. For every key of
every output topic the last value must be the same, where null and absent are one: an update that was undone before a flush
never leaves the cache.

Which cases are eligible: those in which everything below a table depends only on the last value of each key.

- Below a table (`table`, `to_table`, aggregations, joins of tables) come table operators, or after `to_stream` steps that keep
  each record and its key (`map_values`, `peek`, `repartition`), and make nothing out of a tombstone, which may never come. A
  filter of a stream is not among them: it lets an earlier value stand.
- Aggregations of tables have a subtractor that undoes the adder (a reduction only over numbers: it keeps a first value as it
  is), and nothing below them but sinks, because a group that was empty between two flushes only is never seen: empty (0) and
  absent are one. What they group is no result of an aggregation with an initial value or of sessions: uncached, as in Kafka
  Streams, such a table's first change has the initial value for its old one, and a session that is replaced by one with the
  same bounds has none.
- Nobody else looks at a table meanwhile: stream-table joins and processors that read its store see it at the time of a record.
- An operator with several inputs gets them in the same order: none of them is a stream behind a repartition topic or a topic of
  the user's, which is read after the commit only.
- No topic is written by two steps, nor fed by anybody but the step that writes it.
- The right table of an inner foreign-key join keeps its rows. A left row that changes while the right one is deleted can leave
  its old result behind, here as in Kafka Streams: the answer to the deletion is outdated when it comes back, and the new
  subscription finds nothing to answer with.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from headrace import Windowed
from headrace.testing import TestDriver

CONFORMANCE = Path(__file__).parents[1] / "conformance"
sys.path[:0] = [str(CONFORMANCE), str(CONFORMANCE / "streams")]

import fnlib as fn  # noqa: E402 - found through the path above
from case_builder import build_topology  # noqa: E402

Op = dict[str, Any]
SEEDS = (1, 2)
PARTS = 8

TABLES = {"table", "to_table", "count", "reduce", "aggregate", "join_table_table", "join_fk"}
AGGREGATIONS = {"count", "reduce", "aggregate"}
OF_TABLES = {"filter", "filter_not", "map_values", "transform_values", "suppress"}
BELOW_A_TABLE = TABLES | OF_TABLES | {"to_stream", "group_by"}
BELOW_A_STREAM_OF_ONE = {"map_values", "peek", "foreach", "repartition", "to", "to_table"}
REKEYING = {"select_key", "map", "flat_map", "group_by", "repartition", "process", "through"}
ORDERED = {"join_stream_stream", "join_stream_table", "join_stream_global", "merge", "cogroup"}
MAPPING = {"map_values", "transform_values"}
UNDONE = {("sum", "sub"), ("count", "uncount")}
NUMBERS = {"num", "len", "count_words", "add", "mul", "neg"}


class Graph:
    """The ops of a case by id, with what is a table, what lies below one, and what has an initial value."""

    def __init__(self, ops: list[Op]) -> None:
        self.ops = [op for op in ops if op["op"] != "state_store"]
        self.by_id = {op["id"]: op for op in self.ops}
        self.tables: set[str] = set()
        self.below: set[str] = set()
        self.rekeyed: set[str] = set()
        self.initialized: set[str] = set()
        self.regrouped: set[str] = set()
        for op in self.ops:
            self._place(op)

    def up(self, op: Op) -> list[str]:
        return [op[name].split(".")[0] for name in ("in", "other") if name in op]

    def of_table(self, op: Op) -> bool:
        return any(parent in self.tables for parent in self.up(op))

    def aggregates_table(self, op: Op) -> bool:
        return op["op"] in AGGREGATIONS and any(self.is_group_of_table(parent) for parent in self.up(op))

    def is_group_of_table(self, name: str) -> bool:
        return self.by_id[name]["op"] == "group_by" and self.of_table(self.by_id[name])

    def _place(self, op: Op) -> None:
        kind, name, up = op["op"], op["id"], set(self.up(op))
        if kind in TABLES or (kind in OF_TABLES and up & self.tables):
            self.tables.add(name)
        if up & (self.tables | self.below):
            self.below.add(name)
        if kind in REKEYING or up & self.rekeyed:
            self.rekeyed.add(name)
        if kind in ("count", "aggregate") or self._is_session(op) or up & self.initialized:
            self.initialized.add(name)
        if self.aggregates_table(op) or up & self.regrouped:
            self.regrouped.add(name)

    def _is_session(self, op: Op) -> bool:
        return op["op"] == "windowed_by" and op["window"]["type"] == "session"


def why_not(case: Op) -> str | None:
    """Why a case is not eligible; None if it is."""
    if "error" in case["expected"]:
        return "error"
    if any(op["op"].startswith("papi_") for op in case["topology"]):
        return "no table"
    graph = Graph(case["topology"])
    if not graph.tables:
        return "no table"
    written = Counter(op["topic"] for op in graph.ops if op["op"] in ("to", "through"))
    read = {topic for op in graph.ops if op["op"] in ("stream", "table") for topic in op.get("topics") or [op.get("topic")]}
    fed = {step["pipe"]["topic"] for step in case["steps"] if "pipe" in step}
    if any(op["op"] == "to_dynamic" for op in graph.ops) or max(written.values(), default=0) > 1 or (read | fed) & set(written):
        return "topics shared"
    if any(op["op"] == "join_fk" and op["how"] == "inner" and loses_rows(graph.by_id[op["other"]], case) for op in graph.ops):
        return "right rows deleted"
    return next((found for op in graph.ops if (found := unfit(op, graph)) is not None), None)


def loses_rows(op: Op, case: Op) -> bool:
    """Whether a table that is the right side of a join may lose rows."""
    pipes = [step["pipe"] for step in case["steps"] if "pipe" in step]
    return op["op"] != "table" or any(pipe["topic"] == op["topic"] and pipe["value"] is None for pipe in pipes)


def unfit(op: Op, graph: Graph) -> str | None:  # noqa: PLR0911 - one rule, one return
    """What speaks against one step."""
    kind, up = op["op"], graph.up(op)
    if kind in ORDERED | {"through"} and any(parent in graph.rekeyed for parent in up):
        return "order of inputs"
    if kind == "through" and any(other["op"] in ORDERED or len(graph.up(other)) > 1 for other in graph.ops):
        return "order of inputs"
    if op["id"] not in graph.below:
        return None
    if graph.aggregates_table(op):
        return unfit_regrouping(op, graph)
    if kind not in (BELOW_A_TABLE if graph.of_table(op) else BELOW_A_STREAM_OF_ONE):
        return f"{kind} below a table"
    if any(parent in graph.regrouped for parent in up) and kind not in ("to_stream", "to", "peek"):
        return "sees empty groups"
    if kind in MAPPING and (op.get("count_store") or (kind, graph.of_table(op)) != ("map_values", True)):
        return "counts updates" if op.get("count_store") else speaks_for_nothing(op)
    return "suppressed by time" if kind == "suppress" and op["mode"] != "until_window_closes" else None


def speaks_for_nothing(op: Op) -> str | None:
    """Whether a mapping that is called for tombstones, too, makes a value of one."""
    return None if fn.vm(op["fn"], "key", None) is None else "makes a value of a tombstone"


def unfit_regrouping(op: Op, graph: Graph) -> str | None:
    group = graph.by_id[op["in"]]
    if any(parent in graph.initialized for parent in graph.up(group)):
        return "old values of an initial value"
    if op["op"] == "count":
        return None
    if op["op"] == "reduce":
        numbers = group.get("value", "identity").split(":")[0] in NUMBERS
        return None if numbers and (op["fn"], op["sub"]) == ("sum", "minus") else "not undone"
    functions = tuple(op.get(name, "").split(":")[0].removesuffix("_field") for name in ("agg", "sub"))
    return None if functions in UNDONE else "not undone"


def load() -> list[Op]:
    lines = (CONFORMANCE / "streams" / "cases-dev.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


CASES = load()
ELIGIBLE = [case for case in CASES if why_not(case) is None]


def last_values(case: Op, *, caching: bool, rng: random.Random) -> dict[tuple[str, str], Any]:
    """The last value per topic and key; null and absent are one."""
    topology = build_topology(case["topology"], lambda topic, key, value: None, caching=caching)
    last: dict[tuple[str, str], Any] = {}
    with TestDriver(topology, caching=caching, emit_interval_ms=case["config"].get("emit_interval_ms", 0)) as driver:
        for step in case["steps"]:
            if "pipe" in step:
                record = step["pipe"]
                headers = tuple((name, None if text is None else text.encode()) for name, text in record.get("headers") or [])
                driver.topic(record["topic"]).pipe(record["key"], record["value"], record["timestamp"], headers)
            elif "advance_wall_clock_ms" in step:
                driver.advance_wall_clock(step["advance_wall_clock_ms"])
            if rng.random() < 0.3:
                driver.commit()
        driver.commit()
        for topic in driver.written_topics():
            for row in driver.topic(topic).rows():
                last[topic, shown(row.key)] = row.value
    empty = [None, 0] if Graph(case["topology"]).regrouped else [None]
    return {place: value for place, value in last.items() if value not in empty}


def shown(key: Any) -> str:
    return f"{key.key}@{key.start}-{key.end}" if isinstance(key, Windowed) else str(key)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_last_value_of_each_key_does_not_depend_on_caching(part: int) -> None:
    different = []
    for case in ELIGIBLE[part::PARTS]:
        expected = last_values(case, caching=False, rng=random.Random(0))
        for seed in SEEDS:
            found = last_values(case, caching=True, rng=random.Random(f"{case['id']}-{seed}"))
            places = {place for place in expected.keys() | found.keys() if expected.get(place) != found.get(place)}
            different += [(case["id"], seed, place, expected.get(place), found.get(place)) for place in sorted(places)]
    assert not different, "\n".join(map(str, different))


def test_most_cases_with_tables_are_eligible() -> None:
    with_tables = [case for case in CASES if why_not(case) not in ("no table", "error")]
    assert len(ELIGIBLE) > len(with_tables) / 2
