"""How a foreign-key join becomes a plan node. Source of the semantics: KIP-213."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace.dsl.arguments import option
from headrace.dsl.graph import caller_line
from headrace.dsl.state import TableState, same_builder
from headrace.dsl.stores import key_value_store
from headrace.formats.api import Format
from headrace.formats.subscription import CombinedKeyFormat, SubscriptionFormat
from headrace.plan import kinds
from headrace.plan.names import Names, Scope
from headrace.plan.nodes.table import ForeignKeyJoin
from headrace.plan.options import Materialized, TableJoined
from headrace.state.spec import StoreKind, StoreSpec


@dataclass(frozen=True, slots=True)
class Join:
    """The user's part of it."""

    how: str
    extractor: Callable[[Any, Any], Any]
    joiner: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of the join's parts, taken in the order of Kafka Streams: that is the order of the fields."""

    registration_topic: str
    registration_name: str
    registration_sink: str
    registration_source: str
    subscription_store: str
    receive_name: str
    subscription_join_name: str
    right_join_name: str
    response_topic: str
    response_sink: str
    response_source: str
    resolver_name: str
    result: str


def _names(names: Names, scope: Scope) -> _Names:
    def part(suffix: str, kind: kinds.Kind) -> str:
        return names.part(scope, suffix, kind)

    return _Names(
        registration_topic=part("-subscription-registration", kinds.SUBSCRIPTION_REGISTRATION) + "-topic",
        registration_name=part("-subscription-registration-processor", kinds.SUBSCRIPTION_REGISTRATION),
        registration_sink=part("-subscription-registration-sink", kinds.TABLE_SINK),
        registration_source=part("-subscription-registration-source", kinds.TABLE_SOURCE),
        subscription_store=part("-subscription-store", kinds.SUBSCRIPTION_STORE),
        receive_name=part("-subscription-receive", kinds.SUBSCRIPTION_PROCESSOR),
        subscription_join_name=part("-subscription-join-foreign", kinds.SUBSCRIPTION_PROCESSOR),
        right_join_name=part("-foreign-join-subscription", kinds.SUBSCRIPTION_PROCESSOR),
        response_topic=part("-subscription-response", kinds.SUBSCRIPTION_RESPONSE) + "-topic",
        response_sink=part("-subscription-response-sink", kinds.TABLE_SINK),
        response_source=part("-subscription-response-source", kinds.TABLE_SOURCE),
        resolver_name=part("-subscription-response-resolver", kinds.SUBSCRIPTION_RESOLVER),
        result=part("-result", kinds.FOREIGN_KEY_OUTPUT),
    )


def joined(
    left: TableState,
    right: TableState,
    join: Join,
    table_joined: TableJoined[Any, Any] | None,
    materialized: Materialized[Any, Any] | None,
) -> TableState:
    """The result; its names are taken in the order of Kafka Streams."""
    same_builder(left.graph, right.graph, "a foreign-key join")
    graph, how, options = left.graph, option(table_joined, TableJoined), option(materialized, Materialized)
    scope = graph.names.scope(kinds.FOREIGN_KEY_JOIN, left.node.name, how.name)
    if not scope.given:
        graph.demand_name("the foreign-key join", "TableJoined(name=...)")
    names = _names(graph.names, scope)
    left_key, right_key = graph.key_format(left.key), graph.key_format(right.key)
    store_name = graph.store_name(options.name, scope, kinds.FOREIGN_KEY_OUTPUT.prefix, "-result")
    node = ForeignKeyJoin(
        name=names.result,
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
        registration_topic=names.registration_topic,
        response_topic=names.response_topic,
        registration_name=names.registration_name,
        registration_sink=names.registration_sink,
        registration_source=names.registration_source,
        receive_name=names.receive_name,
        subscription_join_name=names.subscription_join_name,
        right_join_name=names.right_join_name,
        response_sink=names.response_sink,
        response_source=names.response_source,
        resolver_name=names.resolver_name,
        subscription_store=_subscription_store(names.subscription_store, left_key, right_key),
        store=key_value_store(store_name, options, graph.key_format(options.key, left.key), graph.value_format(options.value)),
        materialized=options.name is not None,
        partitioner=how.partitioner,
        other_partitioner=how.other_partitioner,
    )
    graph.add(node, *_parts(node), stores=(node.subscription_store, node.store))
    return TableState(graph, node, left.key, options.value, options.name, versioned=options.history_ms is not None)


def _subscription_store(name: str, left_key: Format[Any], right_key: Format[Any]) -> StoreSpec:
    return StoreSpec(
        name=name,
        kind=StoreKind.TIMESTAMPED_KEY_VALUE,
        key_format=CombinedKeyFormat(right_key, left_key),
        value_format=SubscriptionFormat(left_key),
    )


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
