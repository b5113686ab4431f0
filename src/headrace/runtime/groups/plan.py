"""Who gets which task: a pure function of members, tasks, their owners so far, and the state that is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from headrace.core.identifiers import TaskId


@dataclass(frozen=True, slots=True)
class Share:
    """What one member gets."""

    active: frozenset[TaskId] = frozenset()
    standby: frozenset[TaskId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a plan is made of.

    Attributes:
        members: Those among whom the tasks are shared; names that stay the same from plan to plan.
        tasks: All tasks.
        stateful: Those of them with stores that have a changelog: only these have state worth staying with, and standbys.
        owners: Who has each task so far, and members that are gone as well.
        copies: Who has been a standby for each task so far.
        held: Per member and task the sum of the changelog positions of its state.
        standby_replicas: How many standbys each stateful task gets, as long as there are enough members.
        acceptable_lag: How many changelog records state may be behind the best to count as warm.
        warmups: How many copies are built at a time before tasks move to them. 0: tasks move at once, and restore there.
    """

    members: Collection[str]
    tasks: Collection[TaskId]
    stateful: Collection[TaskId] = frozenset()
    owners: Mapping[TaskId, str] = field(default_factory=dict)
    copies: Mapping[TaskId, Collection[str]] = field(default_factory=dict)
    held: Mapping[str, Mapping[TaskId, int]] = field(default_factory=dict)
    standby_replicas: int = 0
    acceptable_lag: int = 10_000
    warmups: int = 0


def plan(situation: Situation) -> dict[str, Share]:
    """Each member's share. The same for the same situation, whoever computes it.

    In this order: every task has one owner; the numbers of tasks differ by at most one (by more only while copies warm up);
    a task stays where it is, or else goes where its state is; sub-topologies are spread; standbys are spread, and stay too.
    Source of the idea: KIP-441, without probing: members publish what they hold, and a warm copy makes for a new plan.
    """
    if not situation.members:
        return {}
    active = _Owners(situation)
    active.keep()
    active.place_orphans()
    warming = active.balance()
    standby = _standbys(situation, active.owner, warming)
    return {
        member: Share(frozenset(active.of[member]), frozenset(task for task, on in standby.items() if member in on))
        for member in sorted(situation.members)
    }


class _Warmth:
    """How complete state is, member by member."""

    def __init__(self, situation: Situation) -> None:
        self._held = {member: situation.held.get(member, {}) for member in situation.members}
        self._stateful = frozenset(situation.stateful)
        self._lag = situation.acceptable_lag
        self._best = {task: max(held.get(task, 0) for held in self._held.values()) for task in situation.tasks}

    def is_warm(self, member: str, task: TaskId) -> bool:
        """Whether the task can start there without much to restore."""
        return task not in self._stateful or self.held(member, task) >= self._best[task] - self._lag

    def held(self, member: str, task: TaskId) -> int:
        """How much state of the task is there."""
        return self._held[member].get(task, 0)


class _Owners:
    """Active tasks on their way to a plan."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._members = sorted(situation.members)
        self._tasks = sorted(situation.tasks)
        self._warmth = _Warmth(situation)
        self._of_part: Counter[tuple[str, int]] = Counter()
        self.of: dict[str, set[TaskId]] = {member: set() for member in self._members}
        self.owner: dict[TaskId, str] = {}

    def keep(self) -> None:
        """Tasks stay where they are."""
        for task in self._tasks:
            before = self._situation.owners.get(task)
            if before in self.of:
                self._give(task, before)

    def place_orphans(self) -> None:
        """Tasks without an owner go to their state first, so that those without state fill up what is left."""
        most = -(-len(self._tasks) // len(self._members))
        orphans = [task for task in self._tasks if task not in self.owner]
        for task in sorted(orphans, key=lambda task: (task not in self._situation.stateful, task)):
            warm = [member for member in self._members if self._warmth.is_warm(member, task)]
            with_room = [member for member in warm if len(self.of[member]) < most] or (warm if self._is_better(warm) else [])
            candidates = with_room or self._members
            self._give(task, min(candidates, key=lambda member: self._cost(member, task)))

    def balance(self) -> dict[TaskId, str]:
        """Moves tasks from the fullest to the emptiest member; those that have to wait for a warm copy, with its place."""
        warming: dict[TaskId, str] = {}
        load = {member: len(tasks) for member, tasks in self.of.items()}
        while True:
            fullest = min(self._members, key=lambda member: (-load[member], member))
            emptiest = min(self._members, key=lambda member: (load[member], member))
            if load[fullest] - load[emptiest] <= 1:
                return warming
            movable = [task for task in self.of[fullest] if task not in warming]
            task = min(movable, key=lambda task: self._moving_cost(task, fullest, emptiest))
            load[fullest] -= 1
            load[emptiest] += 1
            if self._must_warm_up(task, fullest, emptiest):
                warming[task] = emptiest
            else:
                self._give(task, emptiest)

    def _must_warm_up(self, task: TaskId, giver: str, taker: str) -> bool:
        return self._situation.warmups > 0 and self._warmth.is_warm(giver, task) and not self._warmth.is_warm(taker, task)

    def _is_better(self, warm: list[str]) -> bool:
        """Whether it is worth it to overfill those that are warm: some task then moves on, which may be warm elsewhere."""
        return bool(warm) and len(warm) < len(self._members)

    def _give(self, task: TaskId, member: str) -> None:
        before = self.owner.get(task)
        if before is not None:
            self.of[before].discard(task)
            self._of_part[before, task.subtopology] -= 1
        self.owner[task] = member
        self.of[member].add(task)
        self._of_part[member, task.subtopology] += 1

    def _cost(self, member: str, task: TaskId) -> tuple[bool, int, int, int, str]:
        """Whoever has a copy comes first, however little there is in it."""
        held, part = self._warmth.held(member, task), self._of_part[member, task.subtopology]
        has_copy = task in self._situation.stateful and (held > 0 or member in self._situation.copies.get(task, ()))
        return not has_copy, len(self.of[member]), part, -held, member

    def _moving_cost(self, task: TaskId, giver: str, taker: str) -> tuple[bool, bool, int, TaskId]:
        """Cold moves are dearest, then those of tasks that run; then what spreads sub-topologies."""
        runs = self._situation.owners.get(task) == giver
        crowd = self._of_part[giver, task.subtopology] - self._of_part[taker, task.subtopology]
        return not self._warmth.is_warm(taker, task), runs, -crowd, task


def _standbys(situation: Situation, owner: Mapping[TaskId, str], warming: Mapping[TaskId, str]) -> dict[TaskId, set[str]]:
    """Members that keep copies, warm-ups among them."""
    members = sorted(situation.members)
    tasks = [task for task in sorted(situation.stateful) if task in owner]
    replicas = min(situation.standby_replicas, len(members) - 1)
    warmth = _Warmth(situation)
    most = -(-len(tasks) * replicas // len(members))
    load: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    chosen: dict[TaskId, set[str]] = {}

    def stand_by(task: TaskId, among: Iterable[str]) -> None:
        member = min(
            among,
            key=lambda each: (
                load[each] >= most,
                each not in situation.copies.get(task, ()),
                not warmth.held(each, task),
                pairs[owner[task], each],
                load[each],
                -warmth.held(each, task),
                each,
            ),
        )
        chosen[task].add(member)
        load[member] += 1
        pairs[owner[task], member] += 1

    for task in tasks:
        chosen[task] = set()
        for _ in range(replicas):
            stand_by(task, [each for each in members if each != owner[task] and each not in chosen[task]])
    for task, member in sorted(warming.items())[: situation.warmups]:
        chosen.setdefault(task, set()).add(member)
    return chosen
