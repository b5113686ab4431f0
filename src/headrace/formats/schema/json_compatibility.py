"""Whether what one JSON Schema allows is allowed by another, as far as the words go that types make.

Compared: `type`, `properties`, `required`, `additionalProperties: false`, `items`, `enum`, `const`, `anyOf`, `oneOf`, `$ref`
and bounds. A schema that allows further properties may get new optional ones; stricter registries refuse that. Rules have the
names of Confluent's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LOWER = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_UPPER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}


def narrowed_parts(reader: Any, writer: Any) -> list[str]:
    """Each obstacle as `field: rule, what`; empty if the reader allows all that the writer allows."""
    return list(dict.fromkeys(_Comparison(reader, writer).differences(reader, writer, "")))


class _Comparison:
    def __init__(self, reader: Any, writer: Any) -> None:
        self._roots = (reader, writer)
        self._compared: set[tuple[str, str]] = set()

    def differences(self, reader: Any, writer: Any, path: str) -> Iterator[str]:
        pair = (_reference(reader), _reference(writer))
        if all(pair):
            if pair in self._compared:
                return
            self._compared.add(pair)
        reader, writer = _resolved(reader, self._roots[0]), _resolved(writer, self._roots[1])
        if reader is True or reader == {}:
            return
        if not isinstance(reader, dict) or not isinstance(writer, dict):
            if reader != writer:
                yield _obstacle(path, "TYPE_NARROWED", "the reader allows less")
            return
        if _branches(reader) or _branches(writer):
            yield from self._of_branches(reader, writer, path)
            return
        yield from self._types(reader, writer, path)
        yield from _values(reader, writer, path)
        yield from self._properties(reader, writer, path)
        if "items" in reader and "items" in writer:
            yield from self.differences(reader["items"], writer["items"], f"{path}[]")

    def _of_branches(self, reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
        allowed = _branches(reader) or [reader]
        for branch in _branches(writer) or [writer]:
            if not any(not self._fresh(each, branch, path) for each in allowed):
                shown = _reference(branch).rpartition("/")[2] or branch.get("type", branch)
                yield _obstacle(path, "SUM_TYPE_NARROWED", f"the reader has nothing for the writer's {shown}")

    def _fresh(self, reader: Any, writer: Any, path: str) -> list[str]:
        before = set(self._compared)
        found = list(self.differences(reader, writer, path))
        self._compared = before
        return found

    def _types(self, reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
        allowed, written = _types(reader), _types(writer)
        if "number" in allowed:
            allowed = {*allowed, "integer"}
        if allowed and not (written and written <= allowed):
            has = ", ".join(sorted(written)) or "anything"
            yield _obstacle(path, "TYPE_NARROWED", f"the reader has {', '.join(sorted(allowed))}, the writer {has}")

    def _properties(self, reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
        known, written = reader.get("properties", {}), writer.get("properties", {})
        for name in reader.get("required", ()):
            if name not in writer.get("required", ()) and "default" not in known.get(name, {}):
                yield _obstacle(
                    f"{path}.{name}", "REQUIRED_ATTRIBUTE_ADDED", "the reader needs it, the writer may leave it out"
                )
        for name, schema in written.items():
            if name in known:
                yield from self.differences(known[name], schema, f"{path}.{name}")
            elif reader.get("additionalProperties") is False:
                what = "the writer has it, and the reader allows no properties that it does not name"
                yield _obstacle(f"{path}.{name}", "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", what)
        closed = reader.get("additionalProperties") is False and known
        if closed and writer.get("additionalProperties") is not False and (writer.get("type") == "object" or written):
            yield _obstacle(path, "ADDITIONAL_PROPERTIES_REMOVED", "only the writer allows properties that are not named")


def _values(reader: dict[str, Any], writer: dict[str, Any], path: str) -> Iterator[str]:
    allowed = reader.get("enum", [reader["const"]] if "const" in reader else None)
    written = writer.get("enum", [writer["const"]] if "const" in writer else None)
    if allowed is not None:
        lost = ["anything"] if written is None else [each for each in written if each not in allowed]
        if lost:
            yield _obstacle(path, "ENUM_ARRAY_NARROWED", f"the reader lacks {', '.join(map(str, lost))}")
    for bound in sorted(_LOWER | _UPPER):
        if bound in reader:
            other = writer.get(bound)
            if other is None or (other < reader[bound] if bound in _LOWER else other > reader[bound]):
                has = "none" if other is None else other
                yield _obstacle(path, f"{bound.upper()}_NARROWED", f"the reader has {reader[bound]}, the writer {has}")


def _branches(schema: Any) -> list[Any]:
    if not isinstance(schema, dict):
        return []
    found: list[Any] = schema.get("anyOf") or schema.get("oneOf") or []
    return found


def _types(schema: dict[str, Any]) -> set[str]:
    named = schema.get("type", ())
    return {named} if isinstance(named, str) else set(named)


def _reference(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""


def _resolved(schema: Any, root: Any) -> Any:
    reference = _reference(schema)
    if not reference.startswith("#/"):
        return schema
    found = root
    for step in reference[2:].split("/"):
        found = found.get(step, {}) if isinstance(found, dict) else {}
    return found


def _obstacle(path: str, rule: str, what: str) -> str:
    return f"field {path.lstrip('.')}: {rule}, {what}" if path else f"{rule}, {what}"
