"""What all plan nodes share, and the types of the functions they carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from headrace.core.records import RecordMetadata

Predicate = Callable[[Any, Any], bool]
KeyValueMapper = Callable[[Any, Any], Any]
FlatMapper = Callable[[Any, Any], Iterable[tuple[Any, Any]]]
Initializer = Callable[[], Any]
Aggregator = Callable[[Any, Any, Any], Any]
"""(key, value, aggregate) -> aggregate"""
Reducer = Callable[[Any, Any], Any]
"""(aggregate, value) -> aggregate"""
Merger = Callable[[Any, Any, Any], Any]
"""(key, aggregate, aggregate) -> aggregate"""
Joiner = Callable[..., Any]
"""(left, right) -> value, or with the key first where the node says `with_key`."""
Partitioner = Callable[[str, Any, Any, int], int | Iterable[int] | None]
"""(topic, key, value, number of partitions) -> partition, several of them, or None for the default."""
TopicNameExtractor = Callable[[Any, Any, RecordMetadata | None], str]
"""(key, value, where the record came from) -> topic"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One step of a program.

    Attributes:
        name: Unique in the plan; the name of the processor in the topology.
        line: `file:line` of the user's call, for messages.
    """

    name: str
    line: str = ""
