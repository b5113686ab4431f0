"""Names of things on the log: topic partitions, tasks, and the rules a name must keep."""

from __future__ import annotations

import re
from typing import NamedTuple

from headrace.core.errors import TopologyError

_LEGAL = re.compile(r"[a-zA-Z0-9._-]+\Z")
_LONGEST_NAME = 249


class TopicPartition(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


class TaskId(NamedTuple):
    """A task: one sub-topology over one partition of its inputs. Printed as Kafka Streams does: `0_3`."""

    subtopology: int
    partition: int

    def __str__(self) -> str:
        return f"{self.subtopology}_{self.partition}"


def checked_name(name: str, what: str) -> str:
    """The name itself if it is legal for a topic, store or processor on Kafka.

    Raises:
        TopologyError: It is empty, too long, `.` or `..`, or has a character other than letters, digits, `.`, `_`, `-`.
    """
    if name in ("", ".", "..") or len(name) > _LONGEST_NAME or not _LEGAL.match(name):
        message = f"{name!r} is no legal {what} name"
        hint = f"use letters, digits, '.', '_' and '-', at most {_LONGEST_NAME} characters"
        raise TopologyError(message, hint=hint)
    return name
