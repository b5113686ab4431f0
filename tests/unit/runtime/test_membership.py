"""The membership of one that is alone."""

from __future__ import annotations

import pytest

from headrace.core.errors import FencedError
from headrace.core.identifiers import TaskId
from headrace.runtime.membership import Assignment, FixedMembership

TASKS = frozenset({TaskId(0, 0), TaskId(0, 1)})


def test_gives_all_tasks_once() -> None:
    membership = FixedMembership(TASKS)
    assert membership.poll() == Assignment(TASKS)
    assert membership.poll() is None


def test_raises_when_its_tasks_are_lost() -> None:
    with pytest.raises(FencedError, match="taken over"):
        FixedMembership(TASKS).lost(FencedError("taken over", hint="stop the other one"))
