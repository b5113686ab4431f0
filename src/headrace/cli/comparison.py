"""What a program finds of what its last version has left: in its topics, positions and state directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from headrace.cli.ownership import internal_topics, known_applications
from headrace.cli.program import Program
from headrace.core.errors import UnknownTopicError
from headrace.log.api import Admin, NewTopic, TopicDescription
from headrace.runtime.groups.control import control_topic
from headrace.runtime.topics import TopicLayout
from headrace.state.spec import StoreSpec
from headrace.topology.physical import SourceNode, Topology

_CHANGELOG = "-changelog"


class Verdict(Enum):
    """What becomes of a store, a topic or a position."""

    REUSE = "reuse"
    """It goes on with what is there."""
    RESTORE = "restore"
    """Its data is in the changelog only, and is read from there at the start."""
    NEW = "new"
    """It begins empty; an input without positions begins where offset_reset says."""
    LOST = "lost"
    """It begins empty although the last version had it: it has no changelog, and nothing on disk."""
    ORPHAN = "orphan"
    """Nobody uses it any more; `headrace topics delete` or `headrace reset` removes it."""
    CONFLICT = "conflict"
    """The program does not start with it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the plan. `kind` is `store`, `changelog`, `repartition`, `input` or `state`."""

    kind: str
    name: str
    verdict: Verdict
    note: str = ""

    def row(self) -> dict[str, str]:
        """As it is printed."""
        return {"kind": self.kind, "name": self.name, "verdict": self.verdict.value, "note": self.note}


def compare(program: Program, admin: Admin) -> list[Finding]:
    """All findings: inputs, stores, internal topics, then what is left over.

    Raises:
        TopologyError: The program does not fit its inputs, whatever its last version has left.
    """
    return list(_Comparison(program, admin).findings())


class _Comparison:
    """One comparison, over the log as it is now."""

    def __init__(self, program: Program, admin: Admin) -> None:
        self._topology = program.topology
        self._app_id = program.config.app_id
        self._state = program.config.state_path / self._app_id
        self._there: Mapping[str, TopicDescription] = admin.topics()
        self._left = set(internal_topics(admin, self._app_id, known_applications(admin, program.config)))
        self._positions = admin.positions(self._app_id)
        self._defaults = program.config.topic_partitions if program.config.create_topics else None
        self._reset = program.config.offset_reset
        layout = self._layout()
        self._wanted: dict[str, NewTopic] = {topic.name: topic for topic in layout.internal_topics(None)}
        self._inputs = {topic for part in self._topology.subtopologies for topic in layout.inputs_of(part)}

    def findings(self) -> Iterator[Finding]:
        """All of them."""
        yield from self._input_findings()
        for spec in self._topology.stores.values():
            yield self._store(spec)
        for node in self._topology.global_stores:
            yield Finding("store", node.store.name, Verdict.RESTORE, f"global: read anew from {', '.join(node.source.topics)}")
        for topic in self._wanted.values():
            yield self._topic(topic)
        yield from self._orphans()

    def _layout(self) -> TopicLayout:
        """Partition counts as the program wants them, whatever internal topics are there."""
        existing = {name: topic.partitions for name, topic in self._there.items() if name not in self._left}
        for name in _sources(self._topology):
            if name not in existing:
                if self._defaults is None:
                    message = f"input {name!r} does not exist"
                    raise UnknownTopicError(message, hint=f"create it: headrace topics create {name} --partitions N")
                existing[name] = self._defaults
        return TopicLayout(self._topology, self._app_id, existing)

    def _input_findings(self) -> Iterator[Finding]:
        read = {where.topic for where in self._positions}
        for topic in sorted(self._inputs - set(self._wanted)):
            if topic not in self._there:
                yield Finding("input", topic, Verdict.NEW, "does not exist; is made empty")
            elif topic in read:
                behind = ", ".join(
                    f"{p.partition}@{self._positions[p].offset}" for p in sorted(self._positions) if p.topic == topic
                )
                yield Finding("input", topic, Verdict.REUSE, f"goes on at {behind}")
            else:
                yield Finding("input", topic, Verdict.NEW, f"no positions yet: begins at {self._reset}")

    def _store(self, spec: StoreSpec) -> Finding:
        changelog = spec.changelog_topic or f"{self._app_id}-{spec.name}{_CHANGELOG}"
        on_disk = [folder for folder in _folders(self._state) if (folder / spec.name).is_dir()]
        logged = spec.logging or spec.changelog_topic is not None
        if logged and changelog in self._wanted and self._conflict(self._wanted[changelog]):
            return Finding("store", spec.name, Verdict.CONFLICT, "its changelog does not fit, see there")
        if on_disk:
            return Finding("store", spec.name, Verdict.REUSE, f"on disk in {len(on_disk)} task(s)")
        if not logged:
            ran = self._state.is_dir() or bool(self._positions)
            return Finding("store", spec.name, Verdict.LOST if ran else Verdict.NEW, "no changelog: begins empty")
        if changelog in self._there:
            return Finding("store", spec.name, Verdict.RESTORE, f"from {changelog}")
        note = "begins empty; its input is not read again" if self._positions else "begins empty"
        return Finding("store", spec.name, Verdict.NEW, note)

    def _topic(self, wanted: NewTopic) -> Finding:
        kind = "changelog" if wanted.name.endswith(_CHANGELOG) else "repartition"
        if wanted.name not in self._there:
            return Finding(kind, wanted.name, Verdict.NEW, f"{wanted.partitions} partition(s)")
        conflict = self._conflict(wanted)
        if conflict:
            return Finding(kind, wanted.name, Verdict.CONFLICT, conflict)
        return Finding(kind, wanted.name, Verdict.REUSE)

    def _conflict(self, wanted: NewTopic) -> str:
        """Why a topic that is there does not fit; empty if it does, or is not there."""
        there = self._there.get(wanted.name)
        if there is None:
            return ""
        if there.partitions != wanted.partitions:
            return f"has {there.partitions} partition(s), the program wants {wanted.partitions}: headrace reset {self._app_id}"
        if there.config.cleanup != wanted.config.cleanup:
            kept, wants = there.config.cleanup, wanted.config.cleanup
            return f"is kept as {kept}, the program wants {wants}: a store of another kind had this name; give it another one"
        return ""

    def _orphans(self) -> Iterator[Finding]:
        for topic in sorted(self._left - set(self._wanted) - {control_topic(self._app_id).name}):
            kind = "changelog" if topic.endswith(_CHANGELOG) else "repartition"
            yield Finding(kind, topic, Verdict.ORPHAN, f"headrace topics delete {topic}")
        used = self._inputs | {spec.changelog_topic for spec in self._topology.stores.values() if spec.changelog_topic}
        used.add(control_topic(self._app_id).name)  # read by the group itself
        for topic in sorted({where.topic for where in self._positions} - used - self._left):
            yield Finding("input", topic, Verdict.ORPHAN, "has positions, but is not read any more")
        known = set(self._topology.stores) | {node.store.name for node in self._topology.global_stores}
        for folder in _folders(self._state):
            for store in sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name not in known):
                yield Finding("state", f"{folder.name}/{store}", Verdict.ORPHAN, f"rm -r {folder / store}")


def _sources(topology: Topology) -> Iterator[str]:
    for node in topology.nodes.values():
        if isinstance(node, SourceNode) and not node.internal:
            yield from node.topics
    for entry in topology.global_stores:
        yield from entry.source.topics


def _folders(state: Path) -> list[Path]:
    """The folders of tasks, and the one of global stores."""
    return sorted(entry for entry in state.iterdir() if entry.is_dir()) if state.is_dir() else []
