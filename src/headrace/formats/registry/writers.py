"""From the id that a record begins with to what reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from headrace.core.errors import DecodeError, HeadraceError, RegistryUnavailableError, UnknownSchemaError
from headrace.formats.registry.api import Registry, Schema, SchemaKind

T = TypeVar("T")


def made_for(schema_id: int, kind: SchemaKind, registry: Registry, make: Callable[[Schema], T]) -> T:
    """What `make` makes of the schema with an id.

    Raises:
        DecodeError: The registry has none, or it is in another language, or `make` cannot use it: the record's fault.
        RegistryError: The registry gives no answer, or refuses: not the record's.
    """
    try:
        schema = registry.by_id(schema_id)
    except UnknownSchemaError as error:
        raise DecodeError(error.message, hint=error.hint, schema_id=schema_id) from None
    if schema.kind is not kind:
        message = f"schema id {schema_id} is {schema.kind}, not {kind}"
        raise DecodeError(message, schema_id=schema_id)
    try:
        return make(schema)
    except RegistryUnavailableError:
        raise
    except Exception as error:
        why = error.message if isinstance(error, HeadraceError) else f"{type(error).__name__}: {error}"
        message = f"what was written under schema id {schema_id} cannot be read: {why}"
        raise DecodeError(message, schema_id=schema_id) from error
