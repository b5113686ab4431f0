"""Plans: whatever members, tasks and state there are."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from headrace.core.identifiers import TaskId
from headrace.runtime.groups.plan import Share, Situation, plan

MEMBERS = ["a", "b", "c", "d", "e"]
TASKS = [TaskId(part, number) for part in range(3) for number in range(5)]
LAG = 100

members = st.sets(st.sampled_from(MEMBERS), min_size=1)
tasks = st.sets(st.sampled_from(TASKS), min_size=1)
held = st.dictionaries(st.sampled_from(MEMBERS), st.dictionaries(st.sampled_from(TASKS), st.integers(0, 5 * LAG)))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    all_tasks = draw(tasks)
    return Situation(
        members=draw(members),
        tasks=all_tasks,
        stateful={task for task in all_tasks if draw(st.booleans())},
        owners=draw(st.dictionaries(st.sampled_from(TASKS), st.sampled_from(MEMBERS))),
        copies=draw(st.dictionaries(st.sampled_from(TASKS), st.sets(st.sampled_from(MEMBERS)))),
        held=draw(held),
        standby_replicas=draw(st.integers(0, 3)),
        acceptable_lag=LAG,
    )


def owners(shares: dict[str, Share]) -> dict[TaskId, str]:
    return {task: member for member, share in shares.items() for task in share.active}


def followed(situation: Situation, shares: dict[str, Share]) -> Situation:
    """What is after a plan was carried out and its copies are complete."""
    copies: dict[TaskId, set[str]] = {}
    for member, share in shares.items():
        for task in share.standby:
            copies.setdefault(task, set()).add(member)
    state = {member: dict.fromkeys(share.active | share.standby, 9 * LAG) for member, share in shares.items()}
    return replace(situation, owners=owners(shares), copies=copies, held=state)


def moves(before: dict[TaskId, str], after: dict[TaskId, str]) -> int:
    return sum(before.get(task, member) != member for task, member in after.items())


@given(situations())
def test_every_task_has_one_owner_and_members_differ_by_one_task_at_most(situation: Situation) -> None:
    shares = plan(situation)
    assert set(shares) == set(situation.members)
    assert sorted(task for share in shares.values() for task in share.active) == sorted(situation.tasks)
    numbers = [len(share.active) for share in shares.values()]
    assert max(numbers) - min(numbers) <= 1


@given(situations())
def test_stateful_tasks_have_their_number_of_standbys_elsewhere(situation: Situation) -> None:
    shares = plan(situation)
    wanted = min(situation.standby_replicas, len(situation.members) - 1)
    for task, owner in owners(shares).items():
        copies = [member for member, share in shares.items() if task in share.standby]
        assert len(copies) == (wanted if task in situation.stateful else 0)
        assert owner not in copies


@given(situations())
def test_a_plan_that_was_carried_out_is_the_plan_again(situation: Situation) -> None:
    shares = plan(situation)
    assert plan(followed(situation, shares)) == shares


@given(situations())
def test_the_order_in_which_things_are_told_does_not_matter(situation: Situation) -> None:
    turned = replace(
        situation,
        members=sorted(situation.members, reverse=True),
        tasks=sorted(situation.tasks, reverse=True),
        owners=dict(reversed(list(situation.owners.items()))),
        held=dict(reversed(list(situation.held.items()))),
    )
    assert plan(turned) == plan(situation)


@given(tasks, members, st.sampled_from(MEMBERS))
def test_one_more_or_one_less_moves_no_task_without_need(some: set[TaskId], present: set[str], changed: str) -> None:
    first = Situation(members=present, tasks=some)
    before = owners(plan(first))
    after = present ^ {changed} or present
    shares = plan(replace(first, members=after, owners=before))
    left = [task for task, member in before.items() if member not in after]
    fair = len(some) // len(after)
    newcomers = len(after - present) * -(-len(some) // len(after))
    assert moves(before, owners(shares)) <= len(left) + newcomers
    if not left and fair == len(some) / len(after):
        assert moves(before, owners(shares)) == fair * len(after - present)


@given(tasks, st.sets(st.sampled_from(MEMBERS), min_size=2))
def test_what_a_dead_owner_had_goes_to_its_standbys_where_they_are_spread_evenly(some: set[TaskId], present: set[str]) -> None:
    first = Situation(members=present, tasks=some, stateful=some, standby_replicas=1, acceptable_lag=LAG)
    shares = plan(first)
    dead = min(present)
    later = followed(first, shares)
    state = {member: of for member, of in later.held.items() if member != dead}
    after = plan(replace(later, members=present - {dead}, held=state))
    cold = [task for task, member in owners(after).items() if task not in state[member]]
    # Only what the numbers of tasks force may start without its state.
    loads = {
        member: len(share.active | {t for t in share.standby if t in shares[dead].active}) for member, share in shares.items()
    }
    surplus = sum(max(0, load - -(-len(some) // (len(present) - 1))) for member, load in loads.items() if member != dead)
    assert len(cold) <= surplus


@given(situations(), st.integers(1, 3))
def test_while_a_copy_warms_up_its_task_stays_where_it_is_warm(situation: Situation, warmups: int) -> None:
    situation = replace(situation, warmups=warmups, standby_replicas=0)
    shares = plan(situation)
    assert sorted(task for share in shares.values() for task in share.active) == sorted(situation.tasks)
    assert sum(len(share.standby) for share in shares.values()) <= warmups
    for _ in range(len(situation.tasks) + 1):
        situation = followed(situation, shares)
        shares = plan(situation)
    numbers = [len(share.active) for share in shares.values()]
    assert max(numbers) - min(numbers) <= 1
    assert not any(share.standby for share in shares.values())
