"""Records of the control topic."""

from __future__ import annotations

import pytest

from headrace.core.errors import LogFormatError
from headrace.core.identifiers import TaskId
from headrace.runtime.groups.control import MemberRecord, PlanRecord, control_topic, decode, encode, instance_of, member_key
from headrace.runtime.groups.plan import Share

A, B = TaskId(0, 3), TaskId(1, 12)
MEMBER = MemberRecord(
    instance="i", member="m-1", seen=7, owns=frozenset({A}), held={A: 5, B: 0}, url="http://h:1", leaving=True
)
PLAN = PlanRecord(
    epoch=1,
    generation=4,
    members={"i": "m-1", "j": "m-2"},
    shares={"i": Share(frozenset({A}), frozenset({B})), "j": Share(frozenset({B}))},
)


@pytest.mark.parametrize("record", [MEMBER, MemberRecord(instance="é", member=""), PLAN])
def test_a_record_is_read_as_it_was_written(record: MemberRecord | PlanRecord) -> None:
    assert decode(record.key, encode(record)) == record


def test_the_key_names_the_instance() -> None:
    assert instance_of(member_key("host-1")) == "host-1"
    assert instance_of(PLAN.key) is None


def test_a_kind_of_record_of_a_later_version_is_passed_over() -> None:
    assert decode(b"something", b"{}") is None


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b'{"instance": 1}'])
def test_what_cannot_be_read_is_told_with_its_key(value: bytes) -> None:
    with pytest.raises(LogFormatError, match="member:i"):
        decode(member_key("i"), value)


def test_a_plan_tells_owners_and_copies() -> None:
    assert PLAN.owners() == {A: "i", B: "j"}
    assert PLAN.copies() == {B: {"i"}}


def test_the_topic_has_one_partition_and_is_compacted() -> None:
    topic = control_topic("shop")
    assert (topic.name, topic.partitions, topic.config.cleanup) == ("shop-headrace-control", 1, "compact")
