"""The contract of schema registries, after Confluent's: subjects hold numbered versions of schemas, each with a global id."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class SchemaKind(StrEnum):
    """What language a schema is written in."""

    AVRO = "AVRO"
    JSON = "JSON"
    PROTOBUF = "PROTOBUF"


class Compatibility(StrEnum):
    """What a new version of a subject must keep. BACKWARD: new readers read old data; FORWARD: old readers read new data."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def transitive(self) -> bool:
        """Whether all versions count, and not only the last."""
        return self.value.endswith("_TRANSITIVE")

    @property
    def backward(self) -> bool:
        """Whether the new schema must read what old ones wrote."""
        return self.value.startswith(("BACKWARD", "FULL"))

    @property
    def forward(self) -> bool:
        """Whether old schemas must read what the new one writes."""
        return self.value.startswith(("FORWARD", "FULL"))


class Reference(NamedTuple):
    """A schema that another one uses.

    Attributes:
        name: What it is called there: a record's full name, a path of `import`, or a `$ref`.
    """

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema as text, with those that it refers to."""

    text: str
    kind: SchemaKind = SchemaKind.AVRO
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """A version of a subject."""

    subject: str
    version: int
    id: int
    schema: Schema


class Registry(Protocol):
    """What formats and the command line ask a registry for. Safe to be used by several threads."""

    def register(self, subject: str, schema: Schema) -> int:
        """The id of a schema, which becomes the subject's newest version unless it is one already.

        Raises:
            IncompatibleSchemaError: The subject's compatibility forbids it.
            RegistryUnavailableError: No answer within the time-out.
            RegistryError: It is refused for another reason, such as bad credentials or a schema that cannot be read.
        """
        ...

    def find(self, subject: str, schema: Schema) -> Registered:
        """The version of a subject that has this schema. Raises UnknownSchemaError, RegistryError."""
        ...

    def by_id(self, schema_id: int) -> Schema:
        """The schema of an id. Raises UnknownSchemaError, RegistryError."""
        ...

    def version(self, subject: str, version: int | None = None) -> Registered:
        """A version of a subject; None: the newest. Raises UnknownSchemaError, RegistryError."""
        ...

    def versions(self, subject: str) -> list[int]:
        """All versions of a subject. Raises UnknownSchemaError, RegistryError."""
        ...

    def subjects(self) -> list[str]:
        """All subjects."""
        ...

    def check(self, subject: str, schema: Schema) -> list[str]:
        """What keeps a schema from becoming the newest version, each with field and rule; empty if nothing does."""
        ...

    def compatibility(self, subject: str | None = None) -> Compatibility:
        """What holds for a subject, or where it has no rule of its own."""
        ...

    def set_compatibility(self, compatibility: Compatibility, subject: str | None = None) -> None:
        """Sets what holds for a subject, or for all without a rule of their own."""
        ...

    def delete(self, subject: str) -> list[int]:
        """Deletes all versions of a subject; their ids stay readable. Raises UnknownSchemaError."""
        ...
