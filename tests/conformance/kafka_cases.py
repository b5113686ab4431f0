"""Which recorded cases are run on Kafka, and why others are not: a choice that is the same on every machine."""

import json
import re
from collections import defaultdict
from itertools import chain, combinations, zip_longest
from typing import Any

from case_builder import build_topology
from recorded import CASES

from headrace import Topology
from headrace.topology.physical import SinkNode, SourceNode, Subtopology

Case = dict[str, Any]
CAPTURE = "capture:"
_LEGAL = re.compile(r"[A-Za-z0-9._-]+")


def chosen(count: int) -> list[Case]:
    """Cases that mean the same on brokers, taken in turn from each family."""
    families: dict[str, list[Case]] = defaultdict(list)
    for case in sorted(map(json.loads, (CASES / "cases-dev.jsonl").read_text().splitlines()), key=lambda case: case["id"]):
        families["-".join(case["id"].split("-")[:2])].append(case)
    eligible = ([case for case in cases if reason_against(case) is None] for cases in families.values())
    in_turn = (case for layer in zip_longest(*eligible) for case in layer if case is not None)
    return [case for case, _ in zip(in_turn, range(count), strict=False)]


def reason_against(case: Case) -> str | None:
    """What the case needs that a broker does not give."""
    text = json.dumps([case["topology"], case["steps"], case["expected"]])
    throttled = bool(case["config"].get("emit_interval_ms"))
    obstacles = {
        "it must fail, which other tests look at": "error" in case["expected"],
        "it needs a wall clock that can be moved": throttled or "advance_wall_clock_ms" in text,
        "its results have the wall clock in them": "wall_clock" in text or '"proc": "meta"' in text,
        "librdkafka writes no record with the time 0": '"timestamp": 0' in text,
        "no broker takes the name of its topic": not all(map(_LEGAL.fullmatch, topics_of(case))),
    }
    found = next((reason for reason, is_so in obstacles.items() if is_so), None)
    if found is None and has_ties(build_topology(case["topology"], lambda topic, key, value: None)):
        return "records of one origin wait in two topics of one task at once, and their order is not determined"
    return found


def topics_of(case: Case) -> set[str]:
    """The topics that the case writes to or reads from by name."""
    piped = {step["pipe"]["topic"] for step in case["steps"] if "pipe" in step}
    shown = {record["topic"] for record in case["expected"].get("outputs", ()) if not record["topic"].startswith(CAPTURE)}
    named = {op["topic"] for op in case["topology"] if "topic" in op}
    return piped | shown | named | {topic for op in case["topology"] for topic in op.get("topics", ())}


def has_ties(topology: Topology) -> bool:
    """Whether records of one origin can wait at one time in two topics of one task, or be written to one topic by two tasks."""
    origins = _Origins(topology)
    for part in topology.subtopologies:
        fed = [topic for topic in origins.inputs(part) if topic in origins.writers]
        if any(origins.of(one) & origins.of(other) for one, other in combinations(fed, 2)):
            return True
    return any(len({origins.part[sink.name] for sink in sinks}) > 1 for sinks in origins.writers.values())


class _Origins:
    """From which of the topics that are filled from outside the records of a topic stem."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self.part = {name: part.id for part in topology.subtopologies for name in part.nodes}
        self.writers: dict[str, list[SinkNode]] = defaultdict(list)
        for node in topology.nodes.values():
            if isinstance(node, SinkNode):
                self.writers[node.topic if isinstance(node.topic, str) else ""].append(node)

    def inputs(self, part: Subtopology) -> list[str]:
        nodes = (self._topology.nodes[name] for name in part.nodes)
        return sorted(set(chain.from_iterable(_topics(node) for node in nodes if isinstance(node, SourceNode))))

    def of(self, topic: str) -> set[str]:
        found, todo = set[str](), [topic]
        seen = set[str]()
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            if at not in self.writers:
                found.add(at)
            for sink in self.writers.get(at, ()):
                todo += chain.from_iterable(map(self._sources, sink.parents))
        return found

    def _sources(self, name: str) -> list[str]:
        node = self._topology.nodes[name]
        if isinstance(node, SourceNode):
            return list(_topics(node))
        return list(chain.from_iterable(map(self._sources, node.parents)))


def _topics(node: SourceNode) -> tuple[str, ...]:
    return node.topics if node.pattern is None else (node.pattern.pattern,)
