"""Foreign-key joins of tables: subscriptions go to the right table's partitions, answers come back.

Source of the semantics: KIP-213.
"""

from __future__ import annotations

from headrace.formats.subscription import CombinedKeyFormat, SubscriptionFormat, SubscriptionResponseFormat
from headrace.operators.joins.foreign_table_join import ForeignTableJoin, primary_partition
from headrace.operators.joins.response_join import ResponseJoin
from headrace.operators.joins.subscription_receive import SubscriptionJoin, SubscriptionReceive
from headrace.operators.joins.subscription_send import SubscriptionSend
from headrace.plan.nodes.base import Partitioner
from headrace.plan.nodes.table import ForeignKeyJoin
from headrace.topology.lower.internal_topic import ThroughTopic
from headrace.topology.lower.lowering import Lowering
from headrace.topology.lower.table import add_table_source
from headrace.topology.lower.versioned import is_versioned
from headrace.topology.physical import InternalTopic


def lower_foreign_key_join(node: ForeignKeyJoin, out: Lowering) -> None:
    """The way there, the right table's side, the way back, and the result's table."""
    _add_registration(node, out)
    _add_right_side(node, out)
    _add_response(node, out)
    add_table_source(node, node.resolver_name, node.store, out)


def _add_registration(node: ForeignKeyJoin, out: Lowering) -> None:
    topology = out.topology
    send = SubscriptionSend(
        extractor=node.extractor,
        left=node.how == "left",
        topic=node.registration_topic,
        foreign_key_format=node.right_key_format,
        value_format=node.left_value_format,
        skip_out_of_order=is_versioned(node.left),
    )
    topology.add_operator(node.registration_name, send, node.left.name, line=node.line)
    through = ThroughTopic(
        topic=InternalTopic(name=node.registration_topic),
        sink=node.registration_sink,
        source=node.registration_source,
        key_format=node.right_key_format,
        value_format=SubscriptionFormat(node.left_key_format),
        partitioner=_by_key(node.other_partitioner),
        line=node.line,
    )
    through.add([node.registration_name], out)
    sources = (*topology.sources_above(node.right.name), node.registration_source)
    topology.copartition(sources, f"foreign-key join {node.name!r} with table {node.right.name!r}", node.line)


def _add_right_side(node: ForeignKeyJoin, out: Lowering) -> None:
    topology, right, store = out.topology, out.view(node.right), node.subscription_store.name
    topology.add_operator(node.receive_name, SubscriptionReceive(store), node.registration_source, line=node.line)
    topology.add_store(node.subscription_store, node.receive_name)
    topology.add_operator(
        node.subscription_join_name, SubscriptionJoin(right), node.receive_name, stores=right.stores, line=node.line
    )
    key_format = CombinedKeyFormat(node.right_key_format, node.left_key_format)
    changed = ForeignTableJoin(store, key_format, skip_out_of_order=is_versioned(node.right))
    topology.add_operator(node.right_join_name, changed, node.right.name, stores=(store,), line=node.line)


def _add_response(node: ForeignKeyJoin, out: Lowering) -> None:
    topology, left = out.topology, out.view(node.left)
    through = ThroughTopic(
        topic=InternalTopic(name=node.response_topic),
        sink=node.response_sink,
        source=node.response_source,
        key_format=node.left_key_format,
        value_format=SubscriptionResponseFormat(node.right_value_format),
        partitioner=_by_key(node.partitioner) or primary_partition,
        line=node.line,
    )
    through.add([node.subscription_join_name, node.right_join_name], out)
    sources = (*topology.sources_above(node.left.name), node.response_source)
    topology.copartition(sources, f"foreign-key join {node.name!r} of table {node.left.name!r}", node.line)
    resolve = ResponseJoin(
        primary=left,
        joiner=node.joiner,
        with_key=node.with_key,
        left=node.how == "left",
        topic=node.registration_topic,
        value_format=node.left_value_format,
    )
    topology.add_operator(node.resolver_name, resolve, node.response_source, stores=left.stores, line=node.line)


def _by_key(partitioner: Partitioner | None) -> Partitioner | None:
    """The user's partitioner knows tables, not subscriptions: it is asked without a value, as in Kafka Streams."""
    if partitioner is None:
        return None
    return lambda topic, key, _value, partitions: partitioner(topic, key, None, partitions)
