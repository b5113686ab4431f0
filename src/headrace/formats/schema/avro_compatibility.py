"""Whether data of one Avro schema can be read by another, and if not, which field is in the way by which rule.

Source of the rules: "Schema Resolution" in Avro's specification. The names of rules are those of Avro's Java library.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PROMOTIONS = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}
_NAMED = ("record", "error", "enum", "fixed")


def unreadable_parts(reader: Any, writer: Any) -> list[str]:
    """Each obstacle as `field: rule, what`; empty if the reader can read all that the writer writes."""
    return list(dict.fromkeys(_Comparison(reader, writer).differences(reader, writer, "")))


class _Comparison:
    def __init__(self, reader: Any, writer: Any) -> None:
        self._readers = _definitions(reader)
        self._writers = _definitions(writer)
        self._compared: set[tuple[str, str]] = set()

    def differences(self, reader: Any, writer: Any, path: str) -> Iterator[str]:
        reader, writer = _resolved(reader, self._readers), _resolved(writer, self._writers)
        if isinstance(writer, list):
            for member in writer:
                yield from self.differences(reader, member, path)
        elif isinstance(reader, list):
            yield from self._in_union(reader, writer, path)
        else:
            yield from self._between(reader, writer, path)

    def _in_union(self, members: list[Any], writer: Any, path: str) -> Iterator[str]:
        """Nothing if one member reads it; else why the member of the same kind does not, or that there is none."""
        resolved = [_resolved(member, self._readers) for member in members]
        for member in resolved:
            if not list(self._alone(member, writer, path)):
                return
        alike = [member for member in resolved if _kind(member) == _kind(writer) and _short(member) == _short(writer)]
        if alike:
            yield from self._between(alike[0], writer, path)
        else:
            yield _obstacle(path, "MISSING_UNION_BRANCH", f"the reader's union lacks {_named(writer)}")

    def _alone(self, reader: Any, writer: Any, path: str) -> Iterator[str]:
        """The differences, without remembering which records were compared on the way."""
        before = set(self._compared)
        yield from list(self._between(reader, writer, path))
        self._compared = before

    def _between(self, reader: Any, writer: Any, path: str) -> Iterator[str]:
        reading, writing = _kind(reader), _kind(writer)
        if reading == writing == "array":
            yield from self.differences(reader["items"], writer["items"], f"{path}[]")
        elif reading == writing == "map":
            yield from self.differences(reader["values"], writer["values"], f"{path}[]")
        elif reading == writing and reading in _NAMED:
            yield from self._named(reader, writer, path)
        elif reading == writing or reading in _PROMOTIONS.get(writing, ()):
            yield from _decimals(reader, writer, path)
        else:
            yield _obstacle(path, "TYPE_MISMATCH", f"the reader has {_named(reader)}, the writer {_named(writer)}")

    def _named(self, reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
        names = (_short(reader), *(alias.rpartition(".")[2] for alias in reader.get("aliases", ())))
        if _short(writer) not in names:
            yield _obstacle(path, "NAME_MISMATCH", f"the reader has {_named(reader)}, the writer {_named(writer)}")
        elif reader["type"] == "fixed":
            if reader["size"] != writer["size"]:
                yield _obstacle(
                    path, "FIXED_SIZE_MISMATCH", f"the reader has {reader['size']} bytes, the writer {writer['size']}"
                )
        elif reader["type"] == "enum":
            missing = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
            if missing and "default" not in reader:
                yield _obstacle(path, "MISSING_ENUM_SYMBOLS", f"the reader's {_short(reader)} lacks {', '.join(missing)}")
        else:
            yield from self._records(reader, writer, path)

    def _records(self, reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
        pair = (_short(reader), _short(writer))
        if pair in self._compared:
            return
        self._compared.add(pair)
        written = {each["name"]: each for each in writer["fields"]}
        for field in reader["fields"]:
            place = f"{path}.{field['name']}"
            source = next((written[name] for name in (field["name"], *field.get("aliases", ())) if name in written), None)
            if source is not None:
                yield from self.differences(field["type"], source["type"], place)
            elif "default" not in field:
                what = "the reader needs it, the writer does not have it, and it has no default"
                yield _obstacle(place, "READER_FIELD_MISSING_DEFAULT_VALUE", what)


def _decimals(reader: Any, writer: Any, path: str) -> Iterator[str]:
    sizes = [
        (each["precision"], each.get("scale", 0))
        for each in (reader, writer)
        if isinstance(each, dict) and each.get("logicalType") == "decimal"
    ]
    if len(sizes) == 2 and sizes[0] != sizes[1]:
        yield _obstacle(path, "DECIMAL_MISMATCH", f"the reader has precision and scale {sizes[0]}, the writer {sizes[1]}")


def _definitions(schema: Any, namespace: str = "") -> dict[str, Any]:
    """All named types of a schema, by full and by short name."""
    if isinstance(schema, list):
        return {name: found for each in schema for name, found in _definitions(each, namespace).items()}
    if not isinstance(schema, dict):
        return {}
    made: dict[str, Any] = {}
    if schema.get("type") in _NAMED:
        own, _, short = schema["name"].rpartition(".")
        namespace = own or schema.get("namespace", namespace)
        made = {short: schema, f"{namespace}.{short}": schema}
    parts = [each["type"] for each in schema.get("fields", ())] + [schema.get(key) for key in ("items", "values", "type")]
    for part in parts:
        if isinstance(part, dict | list):
            made.update(_definitions(part, namespace))
    return made


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, str):
        return definitions.get(schema) or definitions.get(schema.rpartition(".")[2]) or schema
    if isinstance(schema, dict) and isinstance(schema["type"], dict | list):
        return _resolved(schema["type"], definitions)
    if isinstance(schema, dict) and schema["type"] in definitions:
        return definitions[schema["type"]]
    return schema


def _kind(schema: Any) -> str:
    return str(schema["type"] if isinstance(schema, dict) else schema)


def _short(schema: Any) -> str:
    return str(schema.get("name", "")).rpartition(".")[2] if isinstance(schema, dict) else ""


def _named(schema: Any) -> str:
    short = _short(schema)
    return f"{_kind(schema)} {short}" if short else _kind(schema)


def _obstacle(path: str, rule: str, what: str) -> str:
    return f"field {path.lstrip('.')}: {rule}, {what}" if path else f"{rule}, {what}"
