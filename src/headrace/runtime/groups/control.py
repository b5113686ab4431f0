"""What members of a group write to one another: compacted JSON records in a topic of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from headrace.core.errors import LogFormatError
from headrace.core.identifiers import TaskId
from headrace.log.api import NewTopic, TopicConfig
from headrace.runtime.groups.plan import Share

_VERSION = 1
_PLAN_KEY = b"plan"
_MEMBER = b"member:"
CONTROL_SUFFIX = "headrace-control"
"""Ends the name of the topic for these records, after the application id."""


def control_topic(application_id: str) -> NewTopic:
    """The topic for these records: one partition, because everybody must see them in one order."""
    return NewTopic(f"{application_id}-{CONTROL_SUFFIX}", 1, TopicConfig(cleanup="compact", retention_ms=-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """What one member says of itself.

    Attributes:
        instance: Its name, the same for as long as its process lives, or longer with static membership.
        member: Its id in the group. A new one means that it was expelled and has lost all that it owned.
        seen: The offset of the last plan that it follows: it starts nothing of older ones any more.
        owns: Tasks that it has started, and not let go of.
        held: Per task the sum of the changelog positions of its state there.
        url: Where it answers queries.
        leaving: It is on its way out, and gets nothing more.
    """

    instance: str
    member: str
    seen: int = -1
    owns: frozenset[TaskId] = frozenset()
    held: Mapping[TaskId, int] = field(default_factory=dict)
    url: str | None = None
    leaving: bool = False

    @property
    def key(self) -> bytes:
        """The key of its record."""
        return member_key(self.instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """What the leader has decided.

    Attributes:
        epoch: Grows when the group's generations begin anew, because the group was deleted.
        generation: The leader's, as the group counts them: a plan of an older one comes from a leader that was expelled.
        members: The id of each instance that takes part.
        shares: What each of them gets.
    """

    epoch: int
    generation: int
    members: Mapping[str, str]
    shares: Mapping[str, Share]

    @property
    def key(self) -> bytes:
        """The key of all plans."""
        return _PLAN_KEY

    def owners(self) -> dict[TaskId, str]:
        """The owner of each task."""
        return {task: instance for instance, share in self.shares.items() for task in share.active}

    def copies(self) -> dict[TaskId, set[str]]:
        """The standbys of each task."""
        found: dict[TaskId, set[str]] = {}
        for instance, share in self.shares.items():
            for task in share.standby:
                found.setdefault(task, set()).add(instance)
        return found


ControlRecord = MemberRecord | PlanRecord


def member_key(instance: str) -> bytes:
    """The key of an instance's record."""
    return _MEMBER + instance.encode()


def instance_of(key: bytes) -> str | None:
    """The instance whose record has this key; None if it is no member's."""
    return key.removeprefix(_MEMBER).decode() if key.startswith(_MEMBER) else None


def encode(record: ControlRecord) -> bytes:
    """The value of a record."""
    return orjson.dumps(
        {"version": _VERSION, **(_member_json(record) if isinstance(record, MemberRecord) else _plan_json(record))}
    )


def decode(key: bytes, value: bytes) -> ControlRecord | None:
    """The record; None if its key is one of a later version's.

    Raises:
        LogFormatError: It cannot be read.
    """
    instance = instance_of(key)
    if instance is None and key != _PLAN_KEY:
        return None
    try:
        found = orjson.loads(value)
        return _plan(found) if instance is None else _member(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"a record of the control topic with key {key!r} cannot be read: {value[:200]!r}"
        hint = "all instances of an application must be of one version of Headrace; nobody else may write to this topic"
        raise LogFormatError(message, hint=hint) from None


def _member_json(record: MemberRecord) -> dict[str, Any]:
    return {
        "instance": record.instance,
        "member": record.member,
        "seen": record.seen,
        "owns": _names(record.owns),
        "held": {str(task): position for task, position in sorted(record.held.items())},
        "url": record.url,
        "leaving": record.leaving,
    }


def _member(found: dict[str, Any]) -> MemberRecord:
    return MemberRecord(
        instance=found["instance"],
        member=found["member"],
        seen=int(found["seen"]),
        owns=_tasks(found["owns"]),
        held={_task(name): int(position) for name, position in found["held"].items()},
        url=found["url"],
        leaving=bool(found["leaving"]),
    )


def _plan_json(record: PlanRecord) -> dict[str, Any]:
    shares = {name: {"active": _names(share.active), "standby": _names(share.standby)} for name, share in record.shares.items()}
    return {"epoch": record.epoch, "generation": record.generation, "members": dict(record.members), "shares": shares}


def _plan(found: dict[str, Any]) -> PlanRecord:
    shares = {name: Share(_tasks(share["active"]), _tasks(share["standby"])) for name, share in found["shares"].items()}
    return PlanRecord(
        epoch=int(found["epoch"]), generation=int(found["generation"]), members=dict(found["members"]), shares=shares
    )


def _names(tasks: Iterable[TaskId]) -> list[str]:
    return [str(task) for task in sorted(tasks)]


def _tasks(names: Iterable[str]) -> frozenset[TaskId]:
    return frozenset(map(_task, names))


def _task(name: str) -> TaskId:
    subtopology, _, partition = name.partition("_")
    return TaskId(int(subtopology), int(partition))
