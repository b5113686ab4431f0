"""How a foreign-key join becomes a plan node. Source of the semantics: KIP-213."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace.dsl.graph import caller_line
from headrace.dsl.state import TableState, same_builder
from headrace.dsl.stores import key_value_store
from headrace.formats.subscription import CombinedKeyFormat, SubscriptionFormat
from headrace.plan import kinds
from headrace.plan.nodes.table import ForeignKeyJoin
from headrace.plan.options import Materialized, TableJoined
from headrace.state.spec import StoreKind, StoreSpec


@dataclass(frozen=True, slots=True)
class Join:
    """The user's part of it."""

    how: str
    extractor: Callable[[Any, Any], Any]
    joiner: Callable[..., Any]


def joined(
    left: TableState,
    right: TableState,
    join: Join,
    table_joined: TableJoined[Any, Any] | None,
    materialized: Materialized[Any, Any] | None,
) -> TableState:
    """The result; its names are taken in the order of Kafka Streams."""
    same_builder(left.graph, right.graph, "a foreign-key join")
    graph, names = left.graph, left.graph.names
    how, options = table_joined or TableJoined[Any, Any](), materialized or Materialized[Any, Any]()
    scope = names.scope(kinds.FOREIGN_KEY_JOIN, left.node.name, how.name)
    if not scope.given:
        graph.demand_name("the foreign-key join", "TableJoined(name=...)")

    def part(suffix: str, kind: kinds.Kind) -> str:
        return names.part(scope, suffix, kind)

    left_key, right_key = graph.key_format(left.key), graph.key_format(right.key)
    registration_topic = part("-subscription-registration", kinds.SUBSCRIPTION_REGISTRATION) + "-topic"
    registration_name = part("-subscription-registration-processor", kinds.SUBSCRIPTION_REGISTRATION)
    registration_sink = part("-subscription-registration-sink", kinds.TABLE_SINK)
    registration_source = part("-subscription-registration-source", kinds.TABLE_SOURCE)
    subscription_store = StoreSpec(
        name=part("-subscription-store", kinds.SUBSCRIPTION_STORE),
        kind=StoreKind.TIMESTAMPED_KEY_VALUE,
        key_format=CombinedKeyFormat(right_key, left_key),
        value_format=SubscriptionFormat(left_key),
    )
    receive_name = part("-subscription-receive", kinds.SUBSCRIPTION_PROCESSOR)
    subscription_join_name = part("-subscription-join-foreign", kinds.SUBSCRIPTION_PROCESSOR)
    right_join_name = part("-foreign-join-subscription", kinds.SUBSCRIPTION_PROCESSOR)
    response_topic = part("-subscription-response", kinds.SUBSCRIPTION_RESPONSE) + "-topic"
    response_sink = part("-subscription-response-sink", kinds.TABLE_SINK)
    response_source = part("-subscription-response-source", kinds.TABLE_SOURCE)
    resolver_name = part("-subscription-response-resolver", kinds.SUBSCRIPTION_RESOLVER)
    name = part("-result", kinds.FOREIGN_KEY_OUTPUT)
    store_name = graph.store_name(options.name, scope, kinds.FOREIGN_KEY_OUTPUT.prefix, "-result")
    key_format = graph.key_format(options.key, left.key)
    store = key_value_store(store_name, options, key_format, graph.value_format(options.value))
    node = ForeignKeyJoin(
        name=name,
        line=caller_line(),
        left=left.node,
        right=right.node,
        how=join.how,
        extractor=join.extractor,
        joiner=join.joiner,
        left_key_format=left_key,
        left_value_format=graph.value_format(left.value),
        right_key_format=right_key,
        right_value_format=graph.value_format(right.value),
        registration_topic=registration_topic,
        response_topic=response_topic,
        registration_name=registration_name,
        registration_sink=registration_sink,
        registration_source=registration_source,
        receive_name=receive_name,
        subscription_join_name=subscription_join_name,
        right_join_name=right_join_name,
        response_sink=response_sink,
        response_source=response_source,
        resolver_name=resolver_name,
        subscription_store=subscription_store,
        store=store,
        materialized=options.name is not None,
        partitioner=how.partitioner,
        other_partitioner=how.other_partitioner,
    )
    graph.add(node, *_parts(node), stores=(subscription_store, store))
    return TableState(graph, node, left.key, options.value, options.name, versioned=options.history_ms is not None)


def _parts(node: ForeignKeyJoin) -> tuple[str, ...]:
    return (
        node.registration_name,
        node.registration_sink,
        node.registration_source,
        node.receive_name,
        node.subscription_join_name,
        node.right_join_name,
        node.response_sink,
        node.response_source,
        node.resolver_name,
    )
