"""Whether a schema may become the next version of a subject: Confluent's levels over the rules of each language."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from headrace.core.errors import RegistryError
from headrace.formats.registry.api import Compatibility, SchemaKind
from headrace.formats.schema.avro_compatibility import unreadable_parts
from headrace.formats.schema.json_compatibility import narrowed_parts
from headrace.formats.schema.proto_compatibility import changed_parts

Version = tuple[int, Any]
"""Number of a version and its schema: plain data for Avro and JSON, text for Protobuf."""

_Reads = Callable[[Any, Any], list[str]]
"""From the schemas of a reader and a writer to what keeps the one from reading the other."""

_RULES: dict[SchemaKind, _Reads] = {
    SchemaKind.AVRO: unreadable_parts,
    SchemaKind.JSON: narrowed_parts,
    SchemaKind.PROTOBUF: changed_parts,
}


def obstacles(new: Any, versions: Sequence[Version], level: Compatibility, kind: SchemaKind) -> list[str]:
    """What keeps a schema from becoming the next version; empty if nothing does.

    Args:
        new: The schema, as `loaded` gives it.
        versions: All versions there are, oldest first.
        level: What has to be kept.
        kind: The language of all of them.
    """
    counted = versions if level.transitive else versions[-1:]
    found: list[str] = []
    for number, old in counted:
        if level.backward:
            found += [f"{problem} (new reader, version {number} as writer)" for problem in _RULES[kind](new, old)]
        if level.forward:
            found += [f"{problem} (version {number} as reader, new writer)" for problem in _RULES[kind](old, new)]
    return found


def loaded(text: str, kind: SchemaKind) -> Any:
    """A schema as the rules want it. Raises RegistryError on text that is none."""
    if kind is SchemaKind.PROTOBUF:
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        message = f"this is no {kind} schema: {error}: {text[:100]}"
        raise RegistryError(message) from None
