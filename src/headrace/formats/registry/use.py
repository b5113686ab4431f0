"""How a format uses a registry: which one, under which subject, and where the writer's schema comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from headrace.core.errors import ConfigurationError, IncompatibleSchemaError, UnknownSchemaError
from headrace.formats.registry.api import Registered, Registry, Schema
from headrace.formats.registry.subjects import SubjectNames, subject_name
from headrace.formats.registry.wire import header_of

Writes = Literal["register", "existing", "latest"]


@dataclass(frozen=True, slots=True)
class Plain:
    """Bytes as the schema alone makes them, without a registry: readers must know the schema."""


PLAIN = Plain()
"""No registry: `Avro(T, PLAIN)`."""


@dataclass(frozen=True, slots=True)
class InRegistry:
    """Schemas are kept in a registry; each record begins with the id of its own (Confluent's wire format).

    Attributes:
        subjects: Under which subject: `topic` (`<topic>-value`), `record` (the record's full name) or `topic-record`.
        writes: `register` puts a schema into the registry when its first record is written; `existing` takes only one that is
            there already (Confluent's auto.register.schemas=false); `latest` writes with the subject's newest version
            (use.latest.version=true). None: the application's option `schema_registry_writes`.
        registry: Which one. None: the application's.
        topic_prefix: Goes before the names of topics; stores know only their own.
    """

    subjects: SubjectNames = "topic"
    writes: Writes | None = None
    registry: Registry | None = field(default=None, repr=False)
    topic_prefix: str = field(default="", repr=False)

    def of_application(self, registry: Registry, writes: Writes, topic_prefix: str) -> InRegistry:
        """With the application's registry where none is given."""
        return replace(
            self,
            registry=self.registry or registry,
            writes=self.writes or writes,
            topic_prefix=self.topic_prefix + topic_prefix,
        )

    def connected(self) -> Registry:
        """The registry. Raises ConfigurationError if there is none."""
        if self.registry is not None:
            return self.registry
        message = "a format needs a schema registry, and there is none"
        hint = "give it one, InRegistry(registry=...), or none, PLAIN; applications have the option schema_registry"
        raise ConfigurationError(message, hint=hint)

    def subject(self, topic: str, record: str | None, *, is_key: bool) -> str:
        """The subject for a topic."""
        return subject_name(self.subjects, self.topic_prefix + topic, record, is_key=is_key)


class WriterSchema:
    """The schema that one encoder writes with. It is checked when it is made, and registered with the first record.

    Raises:
        IncompatibleSchemaError: The subject's compatibility forbids the schema.
        UnknownSchemaError: It has to be there already (`writes`), and is not.
        RegistryError: The registry refuses, or gives no answer.
    """

    def __init__(self, use: InRegistry, subject: str, schema: Schema | None) -> None:
        self.subject = subject
        self._registry = registry = use.connected()
        self._schema = schema
        self._found: Registered | None = None
        if use.writes == "latest" or schema is None:
            self._found = registry.version(subject)
        elif use.writes == "existing":
            self._found = registry.find(subject, schema)
        else:
            self._refuse_incompatible(schema)

    @property
    def latest(self) -> Schema | None:
        """The registry's own schema where that is what has to be written."""
        return None if self._found is None else self._found.schema

    def header(self) -> bytes:
        """The bytes before each record; registers the schema if that is still to be done."""
        if self._found is not None:
            return header_of(self._found.id)
        assert self._schema is not None
        return header_of(self._registry.register(self.subject, self._schema))

    def _refuse_incompatible(self, schema: Schema) -> None:
        try:
            problems = self._registry.check(self.subject, schema)
        except UnknownSchemaError:
            return  # a new subject
        if problems:
            raise incompatible(self.subject, self._registry, problems)


def incompatible(subject: str, registry: Registry, problems: list[str]) -> IncompatibleSchemaError:
    """The error for a schema that must not become a version of a subject."""
    rule = registry.compatibility(subject)
    message = f"the schema cannot become a version of subject {subject!r}, which is {rule}: {'; '.join(problems)}"
    hint = (
        "give new fields a default and keep the others, or change the rule if all readers and writers agree: "
        f"headrace schema check {subject} shows what is in the way"
    )
    return IncompatibleSchemaError(message, hint=hint)
