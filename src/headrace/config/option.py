"""One option, declared once: as a field of a group of options, from which its names and the reference follow."""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from typing import Any

from headrace.config.kinds import ValueKind
from headrace.core.errors import ConfigurationError

_METADATA = "headrace_option"
_UNIT_SUFFIXES = ("_ms", "_bytes")
ENVIRONMENT_PREFIX = "HEADRACE_"


class _Required:
    """Stands for the default of an option that has none."""


REQUIRED = _Required()


@dataclass(frozen=True, slots=True)
class _Declared:
    """What a field's metadata holds."""

    kind: ValueKind
    doc: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the application.

    Attributes:
        attribute: Its attribute in AppConfig, with the unit: `commit_interval_ms`.
        name: Its name at the edge, where values carry their unit: `commit_interval`.
        default: The default value, REQUIRED if there is none.
        aliases: Names of the same option in Kafka Streams.
        group: What it is about, as a heading.
    """

    attribute: str
    name: str
    kind: ValueKind
    default: Any
    doc: str
    aliases: tuple[str, ...]
    group: str

    @property
    def environment_name(self) -> str:
        """The variable that sets it."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    def parse(self, value: Any, origin: str) -> Any:
        """The value in its type. Raises ConfigurationError that names the option and where the value comes from."""
        try:
            return self.kind.parse(value)
        except ValueError as error:
            message = f"option {self.name} ({origin}): {error}"
            raise ConfigurationError(message, hint=self.doc) from None


def option(kind: ValueKind, default: Any, doc: str, *, alias: str | tuple[str, ...] = ()) -> Any:
    """Declares an option as a field of a dataclass.

    Args:
        kind: Kind of its values.
        default: As a user would write it; None for "not set", REQUIRED if it must be given.
        doc: What it does, in a sentence without the unit and default.
        alias: Its name or names in Kafka Streams.
    """
    declared = {_METADATA: _Declared(kind, doc, (alias,) if isinstance(alias, str) else alias)}
    if default is REQUIRED:
        return dataclasses.field(metadata=declared)
    return dataclasses.field(default=None if default is None else kind.parse(default), metadata=declared)


def options_of(cls: type[Any]) -> tuple[Option, ...]:
    """All options that a dataclass of options and its bases declare, group by group, in the order of declaration."""
    fields = {field.name: field for field in dataclasses.fields(cls) if _METADATA in field.metadata}
    return tuple(
        _as_option(fields[name], (group.__doc__ or group.__name__).splitlines()[0].rstrip("."))
        for group in (*cls.__bases__, cls)
        for name in inspect.get_annotations(group)
        if name in fields
    )


def _as_option(field: dataclasses.Field[Any], group: str) -> Option:
    declared: _Declared = field.metadata[_METADATA]
    name = next((field.name.removesuffix(unit) for unit in _UNIT_SUFFIXES if field.name.endswith(unit)), field.name)
    default = REQUIRED if field.default is dataclasses.MISSING else field.default
    return Option(field.name, name, declared.kind, default, declared.doc, declared.aliases, group)
