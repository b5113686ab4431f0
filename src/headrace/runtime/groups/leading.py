"""A leader's part: from records of members to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headrace.core.identifiers import TaskId
from headrace.runtime.groups.control import MemberRecord, PlanRecord
from headrace.runtime.groups.plan import Situation, plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What plans are made for.

    Attributes:
        known: All tasks of the program, as this instance knows it.
        stateful: Those with state in changelogs.
        standby_replicas: Standbys per task.
        acceptable_lag: How many changelog records state may be behind and still count as warm.
        warmups: How many copies are built at a time before tasks move to them.
    """

    known: frozenset[TaskId]
    stateful: frozenset[TaskId] = frozenset()
    standby_replicas: int = 0
    acceptable_lag: int = 10_000
    warmups: int = 0


def planned(
    terms: Terms, there: Mapping[str, MemberRecord], current: PlanRecord | None, *, epoch: int, generation: int
) -> PlanRecord:
    """The plan for the members that are there, as close to the current one as can be."""
    situation = Situation(
        members=there,
        tasks=terms.known,
        stateful=terms.stateful,
        owners=current.owners() if current is not None else {},
        copies=current.copies() if current is not None else {},
        held={name: record.held for name, record in there.items()},
        standby_replicas=terms.standby_replicas,
        acceptable_lag=terms.acceptable_lag,
        warmups=terms.warmups,
    )
    members = {name: record.member for name, record in there.items()}
    return PlanRecord(epoch=epoch, generation=generation, members=members, shares=plan(situation))
