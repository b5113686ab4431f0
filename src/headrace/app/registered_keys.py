"""Whether the registered key schemas of topics that are joined are the same.

The id of its schema is part of a key's bytes, and so of what decides its partition: equal keys under two schemas are likely to
lie in partitions of different numbers, and would never meet.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from headrace.core.errors import TopologyError, UnknownSchemaError
from headrace.formats.api import Format
from headrace.formats.registry.api import Schema
from headrace.formats.registry.use import InRegistry
from headrace.observe.events import event_logger
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import CopartitionGroup, SourceNode, Topology

_log = event_logger("topics")


def check_registered_keys(topology: Topology, layout: TopicLayout) -> None:
    """Asks the registry for the key schemas of all topics that are joined and have several partitions.

    A topic is known by the subject `<topic>-key`; without such a subject nothing is said about it. If the newest schemas differ
    but older ones do not, a warning is logged: records under the older ones still meet.

    Raises:
        TopologyError: Two topics have no key schema in common.
        RegistryError: The registry refuses, or gives no answer.
    """
    for group in topology.copartition:
        subjects = _subjects(group, topology, layout)
        for (one, one_ids), (other, other_ids) in combinations(subjects.items(), 2):
            _compare(group, (one, one_ids), (other, other_ids))


def _subjects(group: CopartitionGroup, topology: Topology, layout: TopicLayout) -> dict[str, list[int]]:
    """Subjects of the group's topics, with the ids of their versions, newest last."""
    found: dict[str, list[int]] = {}
    own: list[tuple[str, InRegistry, Schema]] = []
    for name in group.sources:
        node = topology.nodes[name]
        assert isinstance(node, SourceNode)
        use, schema = _of_keys(node.consume.key_format)
        for topic in layout.topics_of(node):
            if use is None or layout.partitions(topic) == 1:
                continue
            if node.internal and use.writes != "latest" and schema is not None:
                own.append((topic, use, schema))
            elif use.subjects == "topic":
                subject = use.subject(topic, None, is_key=True)
                ids = _ids(use, subject)
                if ids:
                    found[subject] = ids
    # What the application itself writes may not be registered yet; it has one schema, which is compared with those there are.
    for topic, use, schema in own:
        found[f"{topic}-key"] = _own_id(use, schema, list(found))
    return found


def _own_id(use: InRegistry, schema: Schema, subjects: list[str]) -> list[int]:
    for subject in subjects:
        try:
            return [use.connected().find(subject, schema).id]
        except UnknownSchemaError:
            continue
    return []


def _of_keys(form: Format[Any]) -> tuple[InRegistry | None, Schema | None]:
    """How the keys' format uses a registry, and the schema it writes with, if it has one of its own."""
    inner: Any = getattr(form, "inner", form)  # windows of a key
    use = getattr(inner, "use", None)
    return (use, inner.registered()) if isinstance(use, InRegistry) else (None, None)


def _ids(use: InRegistry, subject: str) -> list[int]:
    registry = use.connected()
    try:
        return [registry.version(subject, number).id for number in registry.versions(subject)]
    except UnknownSchemaError:
        return []


def _compare(group: CopartitionGroup, one: tuple[str, list[int]], other: tuple[str, list[int]]) -> None:
    if one[1][-1:] == other[1][-1:]:
        return
    listed = " and ".join(f"{subject!r} ({_listed(ids)})" for subject, ids in (one, other))
    if set(one[1]) & set(other[1]):
        _log.warning("key_schemas_differ", join=group.reason, subjects=listed)
        return
    at = f" ({group.line})" if group.line else ""
    message = f"{group.reason}{at} needs inputs whose keys are written alike, but no schema is in both {listed}"
    hint = "equal keys lie in partitions of different numbers: write one topic anew, with the other's key schema"
    raise TopologyError(message, hint=hint)


def _listed(ids: list[int]) -> str:
    return f"id {', '.join(map(str, ids))}" if ids else "not registered there"
