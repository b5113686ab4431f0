"""Topics while an application runs: those of its layout, and those that a sink names for the first time."""

from __future__ import annotations

from headrace.core.identifiers import checked_name
from headrace.log.api import Admin, NewTopic
from headrace.runtime.topics import TopicLayout, ensure_topics


class LiveTopics:
    """A layout that looks again before it says that a topic is not there.

    Args:
        new_partitions: Partitions of a topic that is made because a sink names it; None makes none.
    """

    def __init__(self, layout: TopicLayout, admin: Admin, new_partitions: int | None) -> None:
        self._layout = layout
        self._admin = admin
        self._new_partitions = new_partitions

    def real_name(self, base: str) -> str:
        """The name of an internal topic."""
        return self._layout.real_name(base)

    def partitions(self, topic: str) -> int:
        """Partitions of a topic. Raises UnknownTopicError, or TopologyError if a new one's name is not legal."""
        if not self._layout.knows(topic):
            if self._new_partitions is not None:
                ensure_topics(self._admin, [NewTopic(checked_name(topic, "topic"), self._new_partitions)])
            self._layout.learn(self._admin.partition_counts())
        return self._layout.partitions(topic)
