"""Protobuf's files: from classes to schemas in a registry, and from schemas to classes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from headrace.core.errors import ConfigurationError, RegistryError
from headrace.formats.extras import required
from headrace.formats.registry.api import Reference, Registry, Schema, SchemaKind
from headrace.formats.registry.message_index import message_at
from headrace.formats.registry.use import InRegistry
from headrace.formats.schema.model import RecordOf, records_of
from headrace.formats.schema.of_type import model_of
from headrace.formats.schema.proto import file_of
from headrace.formats.schema.proto_print import proto_text
from headrace.formats.schema.proto_text import parsed_proto

_GOOGLES = "google/protobuf/"
"""Files that every Protobuf library has; they are not put into a registry."""

_KNOWN = ("any", "api", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type", "wrappers")


def classes_for(record: RecordOf, package: str | None) -> dict[str, Any]:
    """The message classes of a record and of all records in it, by name."""
    return _classes(record.cls, package)  # type: ignore[arg-type]  # every class can be hashed


@cache
def _classes(cls: Any, package: str | None) -> dict[str, Any]:
    model = model_of(cls)
    file = file_of(model, f"{cls.__name__}.proto", package)
    prefix = f"{package}." if package else ""
    pool = _pool([file])
    return {record.name: _class(pool.FindMessageTypeByName(prefix + record.name)) for record in records_of(model)}


def dynamic_class(descriptor_set: bytes, name: str) -> Any:
    """The class of one message of a compiled schema. Raises ConfigurationError."""
    descriptor = required("google.protobuf.descriptor_pb2", "protobuf")
    try:
        pool = _pool(descriptor.FileDescriptorSet.FromString(descriptor_set).file)
        return _class(pool.FindMessageTypeByName(name))
    except Exception as error:
        message = f"the descriptors have no message {name!r}: {error}"
        hint = "make them by: protoc --include_imports --descriptor_set_out=FILE"
        raise ConfigurationError(message, hint=hint) from None


def registered_class(schema: Schema, registry: Registry, places: tuple[int, ...]) -> Any:
    """The class of one message of a schema in a registry. Raises RegistryError, DecodeError."""
    files = [*_dependencies(schema, registry, set()), parsed_proto(schema.text, "schema.proto")]
    try:
        return _class(message_at(_pool(files).FindFileByName("schema.proto"), places))
    except (TypeError, KeyError) as error:
        message = f"a Protobuf schema of the registry cannot be used: {error}"
        raise RegistryError(message) from None


def registered_schema(file: Any, use: InRegistry) -> Schema:
    """The schema of a FileDescriptor. What it imports is put into the registry under its path, or has to be there."""
    descriptor = required("google.protobuf.descriptor_pb2", "protobuf")
    described = descriptor.FileDescriptorProto()
    file.CopyToProto(described)
    references = []
    for imported in file.dependencies:
        if imported.name.startswith(_GOOGLES):
            continue
        schema, registry = registered_schema(imported, use), use.connected()
        if use.writes in (None, "register"):
            registry.register(imported.name, schema)
        references.append(Reference(imported.name, imported.name, registry.find(imported.name, schema).version))
    return Schema(proto_text(described), SchemaKind.PROTOBUF, tuple(references))


def _dependencies(schema: Schema, registry: Registry, seen: set[str]) -> Iterator[Any]:
    for reference in schema.references:
        if reference.name in seen or reference.name.startswith(_GOOGLES):
            continue
        seen.add(reference.name)
        other = registry.version(reference.subject, reference.version).schema
        yield from _dependencies(other, registry, seen)
        yield parsed_proto(other.text, reference.name)


def _pool(files: Any) -> Any:
    """A descriptor pool with these files, each behind those that it imports, and with Google's own."""
    pool = required("google.protobuf.descriptor_pool", "protobuf").DescriptorPool()
    given = {file.name for file in files}
    wanted = {path for file in files for path in file.dependency if path.startswith(_GOOGLES)} - given
    for path in sorted(wanted):
        _add_known(pool, path, set())
    for file in files:
        pool.Add(file)
    return pool


def _add_known(pool: Any, path: str, done: set[str]) -> None:
    name = path.removeprefix(_GOOGLES).removesuffix(".proto")
    if name not in _KNOWN or path in done:
        return
    done.add(path)
    file = required(f"google.protobuf.{name}_pb2", "protobuf").DESCRIPTOR
    for imported in file.dependencies:
        _add_known(pool, imported.name, done)
    pool.AddSerializedFile(file.serialized_pb)


def _class(descriptor: Any) -> Any:
    return required("google.protobuf.message_factory", "protobuf").GetMessageClass(descriptor)
