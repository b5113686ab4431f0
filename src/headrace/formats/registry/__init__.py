"""Schema registries: one interface, over Confluent's REST API or embedded in the data directory; the wire format."""

from headrace.formats.registry.api import Compatibility, Reference, Registered, Registry, Schema, SchemaKind
from headrace.formats.registry.connection import RegistryConnection
from headrace.formats.registry.embedded import EmbeddedRegistry
from headrace.formats.registry.rest import RestRegistry
from headrace.formats.registry.use import PLAIN, InRegistry, Plain

__all__ = [
    "PLAIN",
    "Compatibility",
    "EmbeddedRegistry",
    "InRegistry",
    "Plain",
    "Reference",
    "Registered",
    "Registry",
    "RegistryConnection",
    "RestRegistry",
    "Schema",
    "SchemaKind",
]
