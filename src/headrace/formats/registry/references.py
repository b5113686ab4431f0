"""Avro schemas that refer to others, put together into one."""

from __future__ import annotations

import json
from typing import Any

from headrace.core.errors import RegistryError
from headrace.formats.registry.api import Registry, Schema


def joined(schema: Schema, registry: Registry) -> Any:
    """The schema as plain data, with the definitions of what it refers to where they are first used.

    Raises:
        UnknownSchemaError: A reference leads nowhere.
        RegistryError: A schema is no JSON.
    """
    return _inlined(_loaded(schema), _definitions(schema, registry))


def _definitions(schema: Schema, registry: Registry) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for reference in schema.references:
        other = registry.version(reference.subject, reference.version).schema
        found.update(_definitions(other, registry))
        found[reference.name] = _loaded(other)
    return found


def _loaded(schema: Schema) -> Any:
    try:
        return json.loads(schema.text)
    except ValueError:
        if schema.text.replace("_", "").isalnum():
            return schema.text  # a bare name, as some clients register primitives
        message = f"the registry holds something that is no Avro schema: {schema.text[:100]}"
        raise RegistryError(message) from None


def _inlined(schema: Any, definitions: dict[str, Any], namespace: str = "") -> Any:
    """Names that are defined elsewhere become their definitions the first time; `definitions` loses them on the way."""
    if isinstance(schema, str):
        for name in (f"{namespace}.{schema}" if namespace else schema, schema):
            if name in definitions:
                return _inlined(definitions.pop(name), definitions)
        return schema
    if isinstance(schema, list):
        return [_inlined(each, definitions, namespace) for each in schema]
    if not isinstance(schema, dict):
        return schema
    own = schema.get("name", "").rpartition(".")[0] if isinstance(schema.get("name"), str) else ""
    space = own or schema.get("namespace", namespace)
    made = dict(schema)
    for key in ("type", "items", "values"):
        if key in made:
            made[key] = _inlined(made[key], definitions, space)
    if "fields" in made:
        made["fields"] = [{**each, "type": _inlined(each["type"], definitions, space)} for each in made["fields"]]
    return made
