"""What a processing thread is doing, read from its stack: nothing is noted per record for it."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass
from operator import length_hint
from types import CodeType, FrameType
from typing import Any

from headrace.runtime.commit.committer import Committer
from headrace.runtime.tasks.loops import ROW_LOOPS
from headrace.runtime.tasks.punctuation import Punctuations
from headrace.runtime.tasks.task import Task

_STEPS: dict[CodeType, str] = {
    Task.process.__code__: "process",
    Task.process_run.__code__: "process",
    Task.flush.__code__: "commit",
    Committer.commit.__code__: "commit",
    Punctuations.run.__code__: "punctuate",
}
_LOOPS = {loop.__code__ for loop in ROW_LOOPS}
_LOOP_OF_TASK = "_run_full"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thread is.

    Attributes:
        doing: `process`, `punctuate`, `commit`, or `other`: a poll, or between two steps.
        task: Its id as text; None where it is not about one task.
    """

    doing: str
    task: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None

    def fields(self) -> dict[str, object]:
        """What is known, for the log."""
        known = ("doing", "task", "topic", "partition", "offset")
        return {name: getattr(self, name) for name in known if getattr(self, name) is not None}


@dataclass(frozen=True, slots=True)
class Sight:
    """A thread at one moment: where it is, and the lines of its stack."""

    place: Place
    stack: str


def look_at(thread: int, *, with_stack: bool) -> Sight | None:
    """What a thread does now; None if it has ended."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - there is no other way to see another thread's stack
    if frame is None:
        return None
    stack = "".join(traceback.format_stack(frame)) if with_stack else ""
    return Sight(_place(frame), stack)


def _place(innermost: FrameType) -> Place:
    """From the innermost frame outwards, to the step that the worker called."""
    doing, task, loop = "other", None, None
    frame: FrameType | None = innermost
    while frame is not None:
        code = frame.f_code
        if code in _LOOPS or code.co_name == _LOOP_OF_TASK:
            loop = frame
        elif code in _STEPS:
            doing = _STEPS[code]
            owner = frame.f_locals.get("self")
            if isinstance(owner, Task):
                task = owner
                if doing == "process":
                    return _in_batch(task, frame, loop)
        frame = frame.f_back
    return Place(doing, None if task is None else str(task.id))


def _in_batch(task: Task, processing: FrameType, loop: FrameType | None) -> Place:
    seen: dict[str, Any] = processing.f_locals
    queue, batch, start, stop = (seen.get(name) for name in ("queue", "batch", "start", "stop"))
    if queue is None or batch is None or start is None or stop is None:
        return Place("process", str(task.id))
    index, inner = start, {} if loop is None else loop.f_locals
    if "times" in inner:  # an iterator that knows how many are left
        index = stop - length_hint(inner["times"]) - 1
    elif "passed" in inner:
        index = start + len(inner["passed"])
    elif "index" in inner:
        index = inner["index"]
    index = min(max(start, index), len(batch.offsets) - 1)
    return Place("process", str(task.id), queue.partition.topic, queue.partition.partition, batch.offsets[index])
