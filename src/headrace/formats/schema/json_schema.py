"""From a Python type to its JSON Schema."""

from __future__ import annotations

from typing import Any

import msgspec

_DRAFT = "http://json-schema.org/draft-07/schema#"


def json_schema_of(of: Any) -> dict[str, Any]:
    """The schema of a type as msgspec reads and writes it, of draft 7, which all registries understand.

    A class stands at the top, and not behind a reference, unless it contains itself.
    """
    (found,), components = msgspec.json.schema_components([of], ref_template="#/definitions/{name}")
    reference = found.get("$ref", "")
    name = reference.rpartition("/")[2]
    made: dict[str, Any] = {"$schema": _DRAFT, "title": name or str(getattr(of, "__name__", of))}
    contains_itself = f"'{reference}'" in str(components)
    made.update(components.pop(name) if name and not contains_itself else found)
    if components:
        made["definitions"] = components
    return made
