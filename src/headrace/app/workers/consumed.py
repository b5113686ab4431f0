"""Whether all input is processed, asked of the log: no worker knows what the others are about to write for it."""

from __future__ import annotations

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Admin
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import Topology


def all_consumed(admin: Admin, topology: Topology, app_id: str) -> bool:
    """Whether all inputs, repartition topics included, are committed up to their ends.

    A record that is being processed is not committed yet, and results are committed no later than the positions they come
    from. So with positions that were read first, nothing can be on its way to an end that was read afterwards.
    """
    layout = TopicLayout(topology, app_id, admin.partition_counts())
    topics = {topic for part in topology.subtopologies for topic in layout.inputs_of(part)}
    inputs = [TopicPartition(topic, number) for topic in topics for number in range(layout.partitions(topic))]
    committed = admin.positions(app_id)
    # Not end_offsets: on Kafka a decided transaction can lie behind the last stable offset for a moment.
    ends = admin.high_watermarks(inputs)
    starts = admin.start_offsets([where for where in inputs if where not in committed])
    return all((committed[where].offset if where in committed else starts[where]) >= end for where, end in ends.items())
