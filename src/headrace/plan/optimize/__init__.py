"""Optional rewrites of a plan. They spare topics and stores and leave results as they are.

Each changes which internal topics and stores there are: switch them for new applications only. Names are Kafka Streams'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from headrace.core.errors import TopologyError
from headrace.plan.graph import Plan
from headrace.plan.optimize.merge_repartitions import merge_repartitions
from headrace.plan.optimize.reuse_source_topics import reuse_source_topics
from headrace.plan.optimize.single_store_self_joins import single_store_self_joins

Rule = Callable[[Plan], Plan]

RULES: dict[str, Rule] = {
    "reuse.ktable.source.topics": reuse_source_topics,
    "merge.repartition.topics": merge_repartitions,
    "single.store.self.join": single_store_self_joins,
}
"""In the order in which they are applied."""


def optimized(plan: Plan, rules: Iterable[str]) -> Plan:
    """The plan with the named rules applied.

    Raises:
        TopologyError: There is no such rule.
    """
    wanted = set(rules)
    if unknown := wanted - RULES.keys():
        message = f"there is no optimization {min(unknown)!r}"
        raise TopologyError(message, hint=f"there are: {', '.join(RULES)}")
    for name, rule in RULES.items():
        if name in wanted:
            plan = rule(plan)
    return plan


__all__ = ["RULES", "Rule", "optimized"]
