"""Members of a group that agree: in any order of events nobody else has a task whose owner can still commit."""

from __future__ import annotations

from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from headrace.core.identifiers import TaskId
from headrace.log.api import GroupPlace
from headrace.runtime.groups.agreement import Agreement
from headrace.runtime.groups.control import encode, member_key
from headrace.runtime.groups.leading import Terms

TASKS = frozenset(TaskId(part, number) for part in range(2) for number in range(3))
TERMS = Terms(known=TASKS, stateful=TASKS, standby_replicas=1)
SEATS = range(4)
seats = st.sampled_from(SEATS)


class Group:
    """What the brokers know: members, generation, leader, and the topic."""

    def __init__(self) -> None:
        self.members: list[str] = []
        self.generation = 0
        self.topic: list[tuple[bytes, bytes | None]] = []
        self._ids = count()

    def join(self) -> str:
        member = f"id-{next(self._ids)}"
        self.members.append(member)
        self.generation += 1
        return member

    def remove(self, member: str) -> None:
        if member in self.members:
            self.members.remove(member)
            self.generation += 1


class Process:
    """A process with its worker, and a thread for the group that both do their work in small steps."""

    def __init__(self, group: Group, name: str) -> None:
        self.group = group
        self.agreement = Agreement(name, TERMS)
        self.name = name
        self.read = 0
        self.member = ""
        self.processing: frozenset[TaskId] = frozenset()
        self.wanted: frozenset[TaskId] = frozenset()
        self.commits_as = ""
        self.stopped = False
        self.read_all()
        self.hear()

    def hear(self) -> None:
        """Heartbeats: the newest generation, or that it was expelled, after which it joins anew."""
        if self.member not in self.group.members:
            self.agreement.placed(GroupPlace("", -1, leads=False))
            self.member = self.group.join()
        leads = self.group.members[0] == self.member
        self.agreement.placed(GroupPlace(self.member, self.group.generation, leads=leads))

    def look(self) -> None:
        if self.agreement.wants_to_see:
            self.agreement.seen_alive(frozenset(self.group.members))

    def read_one(self) -> None:
        if self.read < len(self.group.topic):
            key, value = self.group.topic[self.read]
            self.agreement.read(self.read, key, value)
            self.read += 1

    def read_all(self) -> None:
        while self.read < len(self.group.topic):
            self.read_one()

    def write_now(self) -> None:
        self.write(patient=False)

    def write(self, *, patient: bool) -> None:
        """News, plans and burials; what was decided earlier than others wrote comes after it."""
        for record in (self.agreement.news(held_too=False), self.agreement.next_plan(patient=patient)):
            if record is not None:
                self.group.topic.append((record.key, encode(record)))
        for gone in self.agreement.burials():
            self.group.topic.append((member_key(gone), None))

    def work(self) -> None:
        found = self.agreement.next_assignment()
        if found is not None:
            self.wanted = found.active
            self.commits_as = self.agreement.member
            self.processing |= found.active
            assert not found.standby & self.processing

    def let_go(self) -> None:
        """Commits, which tells whether it was expelled, and closes what it is to give away."""
        if self.commits_as != self.member or self.member not in self.group.members:
            self.processing = self.wanted = frozenset()
            self.agreement.dropped()
        else:
            closed = self.processing - self.wanted
            self.processing &= self.wanted
            self.agreement.released(closed)

    def can_commit(self) -> bool:
        return self.commits_as == self.member and self.member in self.group.members


class Agreeing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.group = Group()
        self.processes: dict[int, Process] = {}
        self.names = count()

    @initialize()
    def one_is_there(self) -> None:
        self.start(0)

    @rule(seat=seats)
    def start(self, seat: int) -> None:
        if seat not in self.processes:
            self.processes[seat] = Process(self.group, f"p{next(self.names)}")

    @rule(seat=seats)
    def stop(self, seat: int) -> None:
        process = self.processes.pop(seat, None)
        if process is not None:
            process.let_go()
            process.agreement.released(process.processing)
            process.processing = process.wanted = frozenset()
            process.agreement.leave()
            process.write(patient=False)
            self.group.remove(process.member)

    @rule(seat=seats)
    def kill(self, seat: int) -> None:
        process = self.processes.pop(seat, None)
        if process is not None:
            self.group.remove(process.member)

    @rule(seat=seats, expelled=st.booleans())
    def pause(self, seat: int, expelled: bool) -> None:
        """SIGSTOP, until after the session time-out or for a shorter time. It does not know."""
        if seat in self.processes:
            self.processes[seat].stopped = True
            if expelled:
                self.group.remove(self.processes[seat].member)

    @rule(seat=seats, first=st.permutations(["hear", "look", "read_all", "write_now", "work", "let_go"]))
    def go_on(self, seat: int, first: list[str]) -> None:
        """What it was about to do is done now, in whatever order."""
        if seat in self.processes:
            self.processes[seat].stopped = False
            for step in first[:4]:
                getattr(self.processes[seat], step)()

    @rule(
        seat=seats, step=st.sampled_from(["hear", "look", "read_one", "write_now", "work", "let_go"]), times=st.integers(1, 4)
    )
    def step(self, seat: int, step: str, times: int) -> None:
        for _ in range(times):
            if seat in self.processes:
                getattr(self.processes[seat], step)()

    @rule()
    def everybody(self) -> None:
        self.threads(times=1)
        self.workers(closing=True)

    @rule(times=st.integers(1, 6))
    def threads(self, times: int) -> None:
        for process in self._awake() * times:
            process.hear()
            process.look()
            process.read_all()
            process.write(patient=False)

    @rule(closing=st.booleans())
    def workers(self, closing: bool) -> None:
        for process in self._awake():
            process.work()
            if closing:
                process.let_go()

    def _awake(self) -> list[Process]:
        return [process for process in self.processes.values() if not process.stopped]

    @invariant()
    def no_task_has_two_owners_that_can_commit(self) -> None:
        owned = [task for process in self.processes.values() if process.can_commit() for task in process.processing]
        assert len(owned) == len(set(owned))

    def teardown(self) -> None:
        """Left alone, they come to an agreement."""
        if not self.processes:
            return
        for process in self.processes.values():
            process.stopped = False
        for _ in range(12):
            self.everybody()
        owned = sorted(task for process in self.processes.values() for task in process.processing)
        assert owned == sorted(TASKS)
        length = len(self.group.topic)
        self.everybody()
        assert len(self.group.topic) == length


TestAgreement = Agreeing.TestCase
TestAgreement.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
