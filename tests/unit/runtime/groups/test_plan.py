"""Plans for situations that stand for many; the rules for all of them are in tests/property."""

from __future__ import annotations

from headrace.core.identifiers import TaskId
from headrace.runtime.groups.plan import Share, Situation, plan

FOUR = [TaskId(0, number) for number in range(4)]


def names(shares: dict[str, Share]) -> dict[str, tuple[list[str], list[str]]]:
    return {member: (sorted(map(str, share.active)), sorted(map(str, share.standby))) for member, share in shares.items()}


def test_without_members_there_is_no_plan() -> None:
    assert plan(Situation(members=(), tasks=FOUR)) == {}


def test_each_subtopology_is_spread() -> None:
    tasks = [TaskId(part, number) for part in range(2) for number in range(3)]
    found = names(plan(Situation(members=("a", "b", "c"), tasks=tasks)))
    assert found == {"a": (["0_0", "1_0"], []), "b": (["0_1", "1_1"], []), "c": (["0_2", "1_2"], [])}


def test_more_members_than_tasks_leaves_some_with_standbys_only() -> None:
    situation = Situation(members=("a", "b"), tasks=FOUR[:1], stateful=FOUR[:1], standby_replicas=1)
    assert names(plan(situation)) == {"a": (["0_0"], []), "b": ([], ["0_0"])}


def test_after_a_restart_tasks_go_where_their_state_is() -> None:
    held = {"new-a": {FOUR[3]: 90_000, FOUR[1]: 80_000}, "new-b": {FOUR[0]: 70_000, FOUR[2]: 60_000}}
    owners = dict.fromkeys(FOUR, "gone")
    found = plan(Situation(members=("new-a", "new-b"), tasks=FOUR, stateful=FOUR, owners=owners, held=held))
    assert names(found) == {"new-a": (["0_1", "0_3"], []), "new-b": (["0_0", "0_2"], [])}


def test_a_task_moves_to_the_member_with_state_of_it_rather_than_another_one() -> None:
    held = {"a": dict.fromkeys(FOUR, 50_000), "b": {FOUR[1]: 50_000, FOUR[2]: 45_000}}
    found = plan(Situation(members=("a", "b"), tasks=FOUR, stateful=FOUR, owners=dict.fromkeys(FOUR, "a"), held=held))
    assert names(found)["b"] == (["0_1", "0_2"], [])


def test_a_task_without_an_owner_goes_to_its_standby_however_little_there_is_in_it() -> None:
    situation = Situation(
        members=("a", "b"),
        tasks=FOUR,
        stateful=FOUR,
        owners={FOUR[0]: "a", FOUR[1]: "gone", FOUR[2]: "gone", FOUR[3]: "b"},
        copies={FOUR[1]: {"b"}, FOUR[2]: {"a"}},
    )
    assert names(plan(situation)) == {"a": (["0_0", "0_2"], []), "b": (["0_1", "0_3"], [])}


def test_with_warmups_a_new_member_gets_copies_before_it_gets_tasks() -> None:
    situation = Situation(
        members=("a", "b"),
        tasks=FOUR,
        stateful=FOUR,
        owners=dict.fromkeys(FOUR, "a"),
        held={"a": dict.fromkeys(FOUR, 50_000)},
        warmups=1,
    )
    found = plan(situation)
    assert names(found) == {"a": (["0_0", "0_1", "0_2", "0_3"], []), "b": ([], ["0_0"])}


def test_a_stateless_task_moves_at_once() -> None:
    found = plan(Situation(members=("a", "b"), tasks=FOUR, owners=dict.fromkeys(FOUR, "a"), warmups=1))
    assert names(found) == {"a": (["0_2", "0_3"], []), "b": (["0_0", "0_1"], [])}


def test_the_former_owner_of_a_task_that_has_moved_becomes_its_standby() -> None:
    situation = Situation(
        members=("a", "b", "c"),
        tasks=FOUR[:3],
        stateful=FOUR[:3],
        owners={FOUR[0]: "a", FOUR[1]: "a", FOUR[2]: "b"},
        held={"a": {FOUR[0]: 20_000, FOUR[1]: 20_000}, "b": {FOUR[2]: 20_000}},
        standby_replicas=1,
    )
    found = plan(situation)
    moved = next(iter(found["c"].active))
    assert moved in found["a"].standby
