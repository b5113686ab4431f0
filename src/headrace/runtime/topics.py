"""Topics of an application: names of internal ones, partition counts, co-partitioning, and making what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from headrace.core.errors import TopologyError, UnknownTopicError
from headrace.log.api import Admin, NewTopic, TopicConfig
from headrace.runtime.groups.control import control_topic
from headrace.state.spec import StoreKind, StoreSpec
from headrace.topology.physical import CopartitionGroup, SinkNode, SourceNode, Subtopology, Topology

_DAY_MS = 86_400_000
_LONGEST_MS = 2**63 - 1
"""What a broker takes: windows without an end are kept for ever, with nothing to be added."""

_REPARTITION = TopicConfig(cleanup="delete", retention_ms=-1, extra=(("segment.bytes", "52428800"),))
WINDOWED = {StoreKind.WINDOW, StoreKind.TIMESTAMPED_WINDOW, StoreKind.SESSION}
"""Kinds of stores whose entries expire by stream time."""


class TopicLayout:
    """Partition counts of all topics that a topology touches, decided once at start.

    Args:
        topology: The program.
        application_id: Prefix of internal topics.
        existing: Partition counts of the topics that are there.

    Raises:
        UnknownTopicError: A source topic is missing.
        TopologyError: Inputs of a join differ in their partition counts, or an internal topic has a count that does not fit.
    """

    def __init__(self, topology: Topology, application_id: str, existing: Mapping[str, int]) -> None:
        self._topology = topology
        self._application_id = application_id
        self._existing = existing
        self._internal: dict[str, int] = {}
        self._check_sources()
        self._sources = {
            node.name: {topic: existing[topic] for topic in self._matching(node, existing)}
            for node in topology.nodes.values()
            if isinstance(node, SourceNode) and not node.internal
        }
        self._derive_internal()
        for group in topology.copartition:
            self._check_copartition(group)
        self._check_internal()

    def real_name(self, base: str) -> str:
        """The name of an internal topic."""
        return f"{self._application_id}-{base}"

    def topics_of(self, source: SourceNode) -> tuple[str, ...]:
        """Real names of a source's topics; for a pattern those that matched at the start."""
        if source.internal:
            return tuple(self.real_name(topic) for topic in source.topics)
        return tuple(self._sources[source.name])

    def partitions(self, topic: str) -> int:
        """Partitions of a real topic. Raises UnknownTopicError."""
        found = self._internal.get(topic, self._existing.get(topic))
        if found is None:
            message = f"topic {topic!r} does not exist"
            raise UnknownTopicError(message, hint=f"create it: headrace topics create {topic} --partitions N")
        return found

    def knows(self, topic: str) -> bool:
        """Whether a topic was there when it was looked at last."""
        return topic in self._internal or topic in self._existing

    def learn(self, existing: Mapping[str, int]) -> None:
        """Takes in topics that have come since. Those it knows keep their counts: tasks were made for them."""
        self._existing = {**existing, **self._existing}

    def changes(self, existing: Mapping[str, int]) -> list[str]:
        """Inputs that other tasks are needed for now: they have more partitions, or a pattern matches them newly."""
        found: list[str] = []
        for node in self._topology.nodes.values():
            if isinstance(node, SourceNode) and not node.internal:
                before = self._sources[node.name]
                now = self._matching(node, existing)
                found += [topic for topic in now if topic in existing and existing[topic] != before.get(topic)]
        return found

    def tasks_of(self, part: Subtopology) -> int:
        """How many tasks a sub-topology has: the largest partition count of its inputs."""
        return max((self.partitions(topic) for topic in self.inputs_of(part)), default=0)

    def inputs_of(self, part: Subtopology) -> tuple[str, ...]:
        """Real names of the topics that a sub-topology reads."""
        nodes = (self._topology.nodes[name] for name in part.nodes)
        return tuple(topic for node in nodes if isinstance(node, SourceNode) for topic in self.topics_of(node))

    def internal_topics(self, additional_retention_ms: int | None) -> list[NewTopic]:
        """All repartition and changelog topics that must be there.

        Args:
            additional_retention_ms: How much longer than their stores changelogs keep windows, by the wall clock. None: they
                keep them until the worker purges them by stream time, so that a backfill of old events stays restorable.
        """
        wanted = [
            NewTopic(self.real_name(topic.name), self._internal[self.real_name(topic.name)], _REPARTITION)
            for topic in self._topology.internal_topics.values()
        ]
        for part in self._topology.subtopologies:
            for name in part.stores:
                spec = self._topology.stores[name]
                if spec.logging and spec.changelog_topic is None:
                    config = changelog_config(spec, additional_retention_ms)
                    wanted.append(NewTopic(self.real_name(f"{name}-changelog"), self.tasks_of(part), config))
        return wanted

    def _check_sources(self) -> None:
        for node in self._topology.nodes.values():
            if isinstance(node, SourceNode) and not node.internal:
                self._check_exist(node.topics, node)
        for entry in self._topology.global_stores:
            self._check_exist(entry.source.topics, entry.source)

    def _matching(self, source: SourceNode, existing: Mapping[str, int]) -> tuple[str, ...]:
        if source.pattern is None:
            return source.topics
        # What the application makes itself is none of its inputs.
        own = {self.real_name(base) for base in self._topology.internal_topics}
        own.update(self.real_name(f"{store}-changelog") for store in self._topology.stores)
        own.add(control_topic(self._application_id).name)
        return tuple(sorted(topic for topic in existing if topic not in own and source.pattern.fullmatch(topic)))

    def _check_exist(self, topics: Iterable[str], source: SourceNode) -> None:
        for topic in topics:
            if topic not in self._existing:
                at = f" ({source.line})" if source.line else ""
                message = f"source {source.name!r}{at} reads topic {topic!r}, which does not exist"
                raise UnknownTopicError(message, hint=f"create it: headrace topics create {topic} --partitions N")

    def _derive_internal(self) -> None:
        """An internal topic has the count that is written down, else the largest of the inputs of those who write to it."""
        pending = dict(self._topology.internal_topics)
        while pending:
            before = len(pending)
            for base, topic in list(pending.items()):
                count = topic.partitions or self._copartitioned_count(base) or self._upstream_count(base)
                if count is not None:
                    self._internal[self.real_name(base)] = count
                    del pending[base]
            if len(pending) == before:
                message = f"the partition counts of internal topics {', '.join(pending)} depend on one another"
                raise TopologyError(message, hint="give one of them a count: repartition(Repartitioned(partitions=N))")
        for group in self._topology.copartition:
            self._align(group)

    def _upstream_count(self, base: str) -> int | None:
        counts: list[int] = []
        for part in self._topology.subtopologies:
            sinks = (self._topology.nodes[name] for name in part.nodes)
            if not any(isinstance(node, SinkNode) and node.internal and node.topic == base for node in sinks):
                continue
            for topic in self.inputs_of(part):
                known = self._internal.get(topic, self._existing.get(topic))
                if known is None:
                    return None
                counts.append(known)
        return max(counts, default=1)

    def _copartitioned_count(self, base: str) -> int | None:
        """A derived topic that is joined with a user's topic takes over that one's count."""
        for group in self._topology.copartition:
            topics = self._group_topics(group)
            if self.real_name(base) in topics:
                fixed = [self._existing[topic] for topic in topics if topic in self._existing and self._is_user_topic(topic)]
                if fixed:
                    return max(fixed)
        return None

    def _is_user_topic(self, topic: str) -> bool:
        return all(self.real_name(base) != topic for base in self._topology.internal_topics)

    def _align(self, group: CopartitionGroup) -> None:
        derived = [
            self.real_name(base)
            for base, topic in self._topology.internal_topics.items()
            if topic.partitions is None and self.real_name(base) in self._group_topics(group)
        ]
        highest = max((self.partitions(topic) for topic in self._group_topics(group)), default=0)
        for topic in derived:
            self._internal[topic] = highest

    def _group_topics(self, group: CopartitionGroup) -> list[str]:
        topics: list[str] = []
        for name in group.sources:
            node = self._topology.nodes[name]
            if isinstance(node, SourceNode):
                topics.extend(self.topics_of(node))
        return topics

    def _check_copartition(self, group: CopartitionGroup) -> None:
        counts = {topic: self.partitions(topic) for topic in self._group_topics(group)}
        if len(set(counts.values())) > 1:
            at = f" ({group.line})" if group.line else ""
            listed = ", ".join(f"{topic!r} has {count} partitions" for topic, count in counts.items())
            message = f"{group.reason}{at} needs inputs with the same number of partitions: {listed}"
            wanted = f"Repartitioned(partitions={max(counts.values())})"
            hint = f"call .repartition({wanted}) on the smaller side, or use a global table"
            raise TopologyError(message, hint=hint)

    def _check_internal(self) -> None:
        for topic in self.internal_topics(0):
            there = self._existing.get(topic.name)
            if there is not None and there != topic.partitions:
                message = f"internal topic {topic.name!r} has {there} partitions, but the inputs now ask for {topic.partitions}"
                hint = f"its data is keyed for {there}; start over with: headrace reset {self._application_id}"
                raise TopologyError(message, hint=hint)


def changelog_config(spec: StoreSpec, additional_retention_ms: int | None) -> TopicConfig:
    """How Kafka Streams sets up a store's changelog topic; without additional retention windows are kept until purged."""
    extra = tuple(spec.changelog_config)
    if spec.kind in WINDOWED:
        cleanup = "delete" if spec.retain_duplicates else "compact,delete"
        retention = -1 if additional_retention_ms is None else min(spec.retention_ms + additional_retention_ms, _LONGEST_MS)
        return TopicConfig(cleanup=cleanup, retention_ms=retention, extra=extra)
    if spec.kind is StoreKind.VERSIONED:
        return TopicConfig(cleanup="compact", min_compaction_lag_ms=min(spec.history_ms + _DAY_MS, _LONGEST_MS), extra=extra)
    return TopicConfig(cleanup="compact", extra=extra)


def ensure_topics(admin: Admin, wanted: Iterable[NewTopic]) -> list[str]:
    """Makes the topics that are missing; their names."""
    there = admin.partition_counts()
    missing = [topic for topic in wanted if topic.name not in there]
    if missing:
        admin.create_topics(missing)
    return [topic.name for topic in missing]
