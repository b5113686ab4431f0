"""All tasks of an application."""

from __future__ import annotations

from headrace.core.identifiers import TaskId
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import Topology


def all_tasks(topology: Topology, layout: TopicLayout) -> frozenset[TaskId]:
    """Each sub-topology over each partition of its inputs."""
    return frozenset(TaskId(part.id, number) for part in topology.subtopologies for number in range(layout.tasks_of(part)))
