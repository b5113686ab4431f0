"""What one member makes of the records that all have written: its tasks, and, if it leads, the plan. No threads, no log.

A task is started by its new owner when every other member of the plan has said that it follows this plan (or a later one) and
does not own the task. Who is not in the plan any more was not in the group when the leader looked: its commits are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from headrace.core.identifiers import TaskId
from headrace.log.api import GroupPlace
from headrace.runtime.directory import Holder, Role
from headrace.runtime.groups.control import MemberRecord, PlanRecord, decode, instance_of, member_key
from headrace.runtime.groups.leading import Terms, planned
from headrace.runtime.membership import Assignment

_NOTHING = Assignment(frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The plan that is followed, where it stands in the topic, and since which plan each task has had its owner."""

    offset: int
    record: PlanRecord
    since: Mapping[TaskId, int]


class Agreement:
    """One member's view. Everything that is published comes back as a record, in the order that all see.

    Args:
        instance: This member's name.
        terms: What the plan is made for; other members should have the same.
        url: Where this member answers queries.
    """

    def __init__(self, instance: str, terms: Terms, url: str | None = None) -> None:
        self._terms = terms
        self._own = MemberRecord(instance=instance, member="", url=url)
        self._published: MemberRecord | None = None
        self._members: dict[str, MemberRecord] = {}
        self._agreed: Agreed | None = None
        self._stale_plan = False
        self._proposed: PlanRecord | None = None
        self._buried: set[str] = set()
        self._place = GroupPlace("", -1, leads=False)
        self._joined_once = False
        self._epoch = 0
        self._live: frozenset[str] = frozenset()
        self._live_generation: int | None = None
        self._strangers = False
        self._given = _NOTHING
        self._running: set[TaskId] = set()
        self._lost: set[TaskId] = set()
        self.member = ""
        """The member id under which the present tasks were handed out; commits count for it only."""

    # ---- what comes in from the group and its topic -------------------------------------------------------------------

    def read(self, offset: int, key: bytes, value: bytes | None) -> None:
        """Takes in one record of the topic."""
        if value is None:
            instance = instance_of(key)
            if instance is not None:
                self._members.pop(instance, None)
                self._buried.discard(instance)
            if key == member_key(self._own.instance):
                self._published = None  # somebody took this member for gone: it says again that it is there
            return
        record = decode(key, value)
        if isinstance(record, MemberRecord):
            self._members[record.instance] = record
            # One with a static name comes back under a new id without a new generation.
            self._strangers = self._strangers or (record.member not in self._live and not record.leaving)
        elif record is not None:
            self._follow(offset, record)

    def placed(self, place: GroupPlace) -> None:
        """Takes in this member's place in the group."""
        if place.member and not self._joined_once:
            self._joined_once = True
            self._epoch = self._first_epoch(place.generation)
        if place.member != self._place.member:
            self._lost |= self._running
            self._running.clear()
        self._place = place
        self._own = replace(self._own, member=place.member)

    def seen_alive(self, members: frozenset[str]) -> None:
        """Takes in which members the group has in this generation; asked for by a leader (`wants_to_see`)."""
        self._live, self._live_generation, self._strangers = members, self._place.generation, False

    @property
    def wants_to_see(self) -> bool:
        """Whether this leader has to look who is in the group."""
        if not self._place.leads:
            return False
        return self._live_generation != self._place.generation or self._strangers

    # ---- what goes out ------------------------------------------------------------------------------------------------

    def news(self, *, held_too: bool) -> MemberRecord | None:
        """What this member has to say now, if it differs from what it has said.

        Args:
            held_too: Whether a change of what is held is worth a record.
        """
        if not self._own.member:
            return None
        seen = self._agreed.offset if self._agreed is not None else -1
        now = replace(self._own, seen=seen, owns=frozenset(self._running))
        before = self._published
        if before is not None and (now if held_too else replace(now, held=before.held)) == before:
            return None
        self._published = now
        return now

    def next_plan(self, *, patient: bool) -> PlanRecord | None:
        """The plan to be published by this leader, if it differs from the one that is followed.

        Args:
            patient: Whether members that have joined, but not yet told anything, are waited for.
        """
        if not self._place.leads or self._live_generation != self._place.generation:
            return None
        there = {record.instance: record for record in self._members.values() if self._takes_part(record)}
        known = {record.member for record in self._members.values()}
        if not there or self._own.member not in known or (patient and not self._live <= known):
            return None
        current = self._agreed.record if self._agreed is not None else None
        epoch = max(self._epoch, current.epoch if current is not None else 0)
        record = planned(self._terms, there, current, epoch=epoch, generation=self._place.generation)
        unchanged = current is not None and replace(record, generation=current.generation) == current
        if record == self._proposed or (unchanged and not self._stale_plan):
            return None
        self._proposed = record
        return record

    def ended(self, plan: PlanRecord) -> list[str]:
        """Instances that had tasks and are not part of a plan of this leader any more, without having said that they leave."""
        before = self._agreed.record.members if self._agreed is not None else {}
        said = {name for name, record in self._members.items() if record.leaving}
        return sorted(set(before) - set(plan.members) - said)

    def burials(self) -> list[str]:
        """Instances whose records are of no use any more and have to be deleted by this leader. One that lives comes again."""
        if not self._place.leads or self._agreed is None or self.wants_to_see:
            return []
        listed, live = self._agreed.record.members, self._live
        gone = {name for name, record in self._members.items() if name not in listed and record.member not in live}
        new = sorted(gone - self._buried)
        self._buried |= gone
        return new

    # ---- the worker's side --------------------------------------------------------------------------------------------

    def next_assignment(self) -> Assignment | None:
        """What this member's worker has to do, if that has changed."""
        active, standby = self._wanted()
        given = self._given
        if (active, standby) == (given.active, given.standby) and (given.generation or not self._plan_in_force()):
            return None
        self._given = Assignment(active, standby, given.generation + 1)
        self._running = set(active) | (self._running - self._lost)
        if not self._lost:
            self.member = self._place.member
        return self._given

    def released(self, tasks: Collection[TaskId]) -> None:
        """The worker has closed these tasks."""
        closed = set(tasks) - self._given.active
        self._running -= closed
        self._lost -= closed

    def dropped(self) -> None:
        """The worker has given up everything."""
        self._running.clear()
        self._lost.clear()
        self._given = replace(_NOTHING, generation=self._given.generation)

    def holds(self, state: Mapping[TaskId, int]) -> None:
        """What state is here."""
        self._own = replace(self._own, held=dict(state))

    def leave(self) -> None:
        """This member wants nothing more."""
        self._own = replace(self._own, leaving=True)

    def holders(self, task: TaskId) -> Sequence[Holder]:
        """Who has a task, the owner before standbys."""
        if self._agreed is None:
            return ()
        shares = self._agreed.record.shares
        active = [self._holder(name, Role.ACTIVE) for name, share in shares.items() if task in share.active]
        return [*active, *(self._holder(name, Role.STANDBY) for name, share in sorted(shares.items()) if task in share.standby)]

    # ---- inside -------------------------------------------------------------------------------------------------------

    def _follow(self, offset: int, record: PlanRecord) -> None:
        self._proposed = None
        before = self._agreed
        if before is not None and (record.epoch, record.generation) < (before.record.epoch, before.record.generation):
            self._stale_plan = True
            return
        self._stale_plan = False
        owners = before.record.owners() if before is not None else {}
        since = before.since if before is not None else {}
        self._agreed = Agreed(
            offset=offset,
            record=record,
            since={task: since[task] if owners.get(task) == owner else offset for task, owner in record.owners().items()},
        )

    def _first_epoch(self, generation: int) -> int:
        """A group whose generations do not go on where the last plan was has been deleted in the meantime."""
        if self._agreed is None:
            return 0
        last = self._agreed.record
        return last.epoch + 1 if generation <= last.generation else last.epoch

    def _takes_part(self, record: MemberRecord) -> bool:
        leaving = self._own.leaving if record.instance == self._own.instance else record.leaving
        return record.member in self._live and not leaving

    def _plan_in_force(self) -> Agreed | None:
        """The plan, if it is for this member as the group knows it now."""
        own, agreed = self._own, self._agreed
        valid = agreed is not None and own.member and agreed.record.members.get(own.instance) == own.member
        return agreed if valid and not self._lost and not own.leaving else None

    def _wanted(self) -> tuple[frozenset[TaskId], frozenset[TaskId]]:
        agreed = self._plan_in_force()
        if agreed is None:
            return frozenset(), frozenset()
        share = agreed.record.shares[self._own.instance]
        mine = share.active & self._terms.known
        active = frozenset(task for task in mine if task in self._running or self._is_free(task, agreed))
        until_active = self._given.standby & (mine - active)
        return active, ((share.standby & self._terms.known) | until_active) - active - self._running

    def _holder(self, instance: str, role: Role) -> Holder:
        record = self._members.get(instance)
        return Holder(record.url if record is not None else None, role)

    def _is_free(self, task: TaskId, agreed: Agreed) -> bool:
        others = (name for name in agreed.record.members if name != self._own.instance)
        records = (self._members.get(name) for name in others)
        return all(record is not None and record.seen >= agreed.since[task] and task not in record.owns for record in records)
