"""Which worker gets which task, where nobody else has a say."""

from __future__ import annotations

from collections.abc import Iterable

from headrace.core.identifiers import TaskId


def deal(tasks: Iterable[TaskId], workers: int) -> list[frozenset[TaskId]]:
    """In turn, so that the tasks of each sub-topology are spread. The same tasks and number always give the same shares.

    A worker that dies keeps its share: it is started again where its state is, and a record that kills it kills no other.
    """
    in_order = sorted(tasks)
    return [frozenset(in_order[index::workers]) for index in range(workers)]
