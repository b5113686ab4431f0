"""One member's view, step by step; what many of them come to is in tests/property."""

from __future__ import annotations

from headrace.core.identifiers import TaskId
from headrace.log.api import GroupPlace
from headrace.runtime.directory import Holder, Role
from headrace.runtime.groups.agreement import Agreement
from headrace.runtime.groups.control import MemberRecord, PlanRecord, encode, member_key
from headrace.runtime.groups.leading import Terms
from headrace.runtime.groups.plan import Share
from headrace.runtime.membership import Assignment

T0, T1 = TaskId(0, 0), TaskId(0, 1)
TERMS = Terms(known=frozenset({T0, T1}))


class Topic:
    """The control topic as one member reads it."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self.end = 0

    def write(self, *records: MemberRecord | PlanRecord | None) -> None:
        for record in records:
            if record is not None:
                self.agreement.read(self.end, record.key, encode(record))
                self.end += 1


def shares(**active: TaskId) -> dict[str, Share]:
    return {name: Share(frozenset({task})) for name, task in active.items()}


def plan_of(generation: int, epoch: int = 0, **active: TaskId) -> PlanRecord:
    members = {name: f"{name}-id" for name in active}
    return PlanRecord(epoch=epoch, generation=generation, members=members, shares=shares(**active))


def leader() -> tuple[Agreement, Topic]:
    agreement = Agreement("me", TERMS, "http://me")
    agreement.placed(GroupPlace("me-id", 1, leads=True))
    return agreement, Topic(agreement)


def follower() -> tuple[Agreement, Topic]:
    agreement = Agreement("me", TERMS)
    agreement.placed(GroupPlace("me-id", 2, leads=False))
    return agreement, Topic(agreement)


def test_a_leader_that_is_alone_gives_itself_all() -> None:
    me, topic = leader()
    assert me.wants_to_see
    me.seen_alive(frozenset({"me-id"}))
    assert me.next_plan(patient=True) is None
    topic.write(me.news(held_too=False))
    plan = me.next_plan(patient=True)
    assert plan is not None
    assert me.next_plan(patient=True) is None
    topic.write(plan)
    assert me.next_assignment() == Assignment(frozenset({T0, T1}), generation=1)
    assert me.next_assignment() is None
    assert me.holders(T1) == [Holder("http://me", Role.ACTIVE)]


def test_a_leader_waits_for_the_records_of_those_who_have_joined_but_not_for_ever() -> None:
    me, topic = leader()
    topic.write(me.news(held_too=False))
    me.seen_alive(frozenset({"me-id", "other-id"}))
    assert me.next_plan(patient=True) is None
    impatient = me.next_plan(patient=False)
    assert impatient is not None
    assert list(impatient.shares) == ["me"]


def test_a_task_is_started_when_all_others_follow_the_plan_and_nobody_owns_it() -> None:
    me, topic = follower()
    topic.write(
        MemberRecord(instance="other", member="other-id", seen=-1, owns=frozenset({T0, T1})), plan_of(2, me=T0, other=T1)
    )
    assert me.next_assignment() == Assignment(frozenset(), generation=1)
    topic.write(MemberRecord(instance="other", member="other-id", seen=1, owns=frozenset({T0, T1})))
    assert me.next_assignment() is None
    topic.write(MemberRecord(instance="other", member="other-id", seen=1, owns=frozenset({T1})))
    assert me.next_assignment() == Assignment(frozenset({T0}), generation=2)


def test_what_another_plan_took_away_is_owned_until_the_worker_has_let_go() -> None:
    me, topic = follower()
    topic.write(MemberRecord(instance="other", member="other-id", seen=9), plan_of(2, me=T0, other=T1))
    me.next_assignment()
    topic.write(plan_of(2, me=T1, other=T0))
    taken = me.next_assignment()
    assert taken is not None
    assert T0 not in taken.active
    before = me.news(held_too=False)
    assert before is not None
    assert T0 in before.owns
    me.released({T0})
    after = me.news(held_too=False)
    assert after is not None
    assert T0 not in after.owns


def test_whoever_was_expelled_gets_nothing_before_it_has_given_up_what_it_had() -> None:
    me, topic = follower()
    topic.write(plan_of(2, me=T0))
    me.next_assignment()
    assert me.member == "me-id"
    me.placed(GroupPlace("", -1, leads=False))
    me.placed(GroupPlace("me-again", 4, leads=False))
    again = PlanRecord(epoch=0, generation=4, members={"me": "me-again"}, shares=shares(me=T0))
    topic.write(again)
    assert me.next_assignment() == Assignment(frozenset(), generation=2)
    assert me.member == "me-id"
    assert me.next_assignment() is None
    me.dropped()
    assert me.next_assignment() == Assignment(frozenset({T0}), generation=3)
    assert me.member == "me-again"


def test_the_plan_of_a_leader_of_an_older_generation_is_not_followed() -> None:
    me, topic = follower()
    topic.write(plan_of(5, me=T0), plan_of(4, other=T0))
    assert me.next_assignment() == Assignment(frozenset({T0}), generation=1)


def test_generations_that_begin_anew_are_a_new_epoch() -> None:
    me = Agreement("me", TERMS)
    topic = Topic(me)
    topic.write(plan_of(57, epoch=3, gone=T0))
    me.placed(GroupPlace("me-id", 1, leads=True))
    topic.write(me.news(held_too=False))
    me.seen_alive(frozenset({"me-id"}))
    plan = me.next_plan(patient=True)
    assert plan is not None
    assert (plan.epoch, plan.generation) == (4, 1)
    topic.write(plan)
    assert me.next_assignment() == Assignment(frozenset({T0, T1}), generation=1)


def test_a_leader_that_leaves_gives_all_to_the_others() -> None:
    me, topic = leader()
    other = MemberRecord(instance="other", member="other-id")
    topic.write(me.news(held_too=False), other)
    me.seen_alive(frozenset({"me-id", "other-id"}))
    topic.write(me.next_plan(patient=True))
    me.leave()
    news, plan = me.news(held_too=False), me.next_plan(patient=False)
    assert news is not None
    assert news.leaving
    assert plan is not None
    assert plan.owners() == {T0: "other", T1: "other"}


def test_records_of_those_who_are_gone_are_deleted_once_and_one_that_lives_comes_again() -> None:
    me, topic = leader()
    topic.write(me.news(held_too=False), MemberRecord(instance="dead", member="dead-id"))
    me.seen_alive(frozenset({"me-id"}))
    topic.write(me.next_plan(patient=True))
    assert me.burials() == ["dead"]
    assert me.burials() == []
    assert me.news(held_too=False) is not None  # it follows the plan
    assert me.news(held_too=False) is None
    me.read(9, member_key("me"), None)
    assert me.news(held_too=False) is not None


def test_a_change_of_what_is_held_is_told_when_asked_for() -> None:
    me, _ = follower()
    assert me.news(held_too=False) is not None
    me.holds({T0: 100})
    assert me.news(held_too=False) is None
    news = me.news(held_too=True)
    assert news is not None
    assert news.held == {T0: 100}


def test_a_task_that_this_program_does_not_know_is_left_alone() -> None:
    me, topic = follower()
    members = {"me": "me-id"}
    topic.write(PlanRecord(epoch=0, generation=2, members=members, shares={"me": Share(frozenset({T0, TaskId(7, 7)}))}))
    assert me.next_assignment() == Assignment(frozenset({T0}), generation=1)


def test_a_copy_stays_warm_until_its_task_can_be_started() -> None:
    me, topic = follower()
    other = MemberRecord(instance="other", member="other-id", seen=0, owns=frozenset({T0}))
    members = {"me": "me-id", "other": "other-id"}
    first = PlanRecord(
        epoch=0, generation=2, members=members, shares={"me": Share(standby=frozenset({T0})), "other": Share(frozenset({T0}))}
    )
    topic.write(first, other)
    assert me.next_assignment() == Assignment(frozenset(), frozenset({T0}), 1)
    topic.write(PlanRecord(epoch=0, generation=2, members=members, shares={"me": Share(frozenset({T0})), "other": Share()}))
    assert me.next_assignment() is None
    topic.write(MemberRecord(instance="other", member="other-id", seen=2))
    assert me.next_assignment() == Assignment(frozenset({T0}), frozenset(), 2)


def test_a_task_waits_for_those_who_have_not_told_that_they_follow_the_plan() -> None:
    me, topic = follower()
    topic.write(MemberRecord(instance="other", member="other-id", seen=-1), plan_of(2, me=T0, other=T1))
    assert me.next_assignment() == Assignment(frozenset(), generation=1)
    topic.write(MemberRecord(instance="other", member="other-id", seen=1))
    assert me.next_assignment() == Assignment(frozenset({T0}), generation=2)


def test_a_task_waits_for_a_member_of_the_plan_whose_record_was_deleted() -> None:
    me, topic = follower()
    topic.write(MemberRecord(instance="other", member="other-id", seen=9), plan_of(2, me=T0, other=T1))
    me.read(2, member_key("other"), None)
    assert me.next_assignment() == Assignment(frozenset(), generation=1)


def test_a_plan_for_an_earlier_life_of_this_instance_is_not_for_this_one() -> None:
    me, topic = follower()
    topic.write(PlanRecord(epoch=0, generation=2, members={"me": "former-id"}, shares=shares(me=T0)))
    assert me.next_assignment() is None


def test_a_leader_looks_again_when_somebody_comes_back_in_the_same_generation() -> None:
    me, topic = leader()
    topic.write(me.news(held_too=False), MemberRecord(instance="other", member="former-id", leaving=True))
    me.seen_alive(frozenset({"me-id", "former-id"}))
    topic.write(me.next_plan(patient=True))
    assert not me.wants_to_see
    topic.write(MemberRecord(instance="other", member="new-id"))
    assert me.wants_to_see
    assert me.burials() == []
    me.seen_alive(frozenset({"me-id", "new-id"}))
    plan = me.next_plan(patient=True)
    assert plan is not None
    assert plan.members == {"me": "me-id", "other": "new-id"}


def test_those_who_vanished_are_told_apart_from_those_who_left() -> None:
    me, topic = leader()
    me.seen_alive(frozenset({"me-id"}))
    topic.write(plan_of(1, me=T0, left=T1, dead=TaskId(0, 2)))
    topic.write(MemberRecord(instance="left", member="left-id", leaving=True), MemberRecord(instance="dead", member="dead-id"))
    topic.write(me.news(held_too=False))
    plan = me.next_plan(patient=True)
    assert plan is not None
    assert me.ended(plan) == ["dead"]
    topic.write(plan)
    assert me.ended(plan) == []
