"""A table's source topic serves as its changelog."""

from __future__ import annotations

from dataclasses import replace

from headrace.plan.graph import Plan
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.source import TableSource
from headrace.plan.rewrite import rebuilt
from headrace.processor.timestamps import RecordTime


def reuse_source_topics(plan: Plan) -> Plan:
    """Tables over topics are restored from the topic itself, and need no changelog topic.

    Left out are sources that take their time from elsewhere than the record: restored rows would have another time.
    """
    return rebuilt(plan, _reusing)


def _reusing(node: Node) -> Node:
    if not isinstance(node, TableSource) or not isinstance(node.consume.timestamp, RecordTime | None):
        return node
    return replace(node, store=replace(node.store, changelog_topic=node.topic))
