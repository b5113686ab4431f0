"""Changes of an Avro schema, and under which rules each is allowed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from headrace.formats.registry import Schema

BACKWARD, FORWARD, FULL = frozenset({"BACKWARD"}), frozenset({"FORWARD"}), frozenset({"BACKWARD", "FORWARD", "FULL"})
NEITHER = frozenset[str]()


def record(*fields: Any, name: str = "R") -> Schema:
    return Schema(json.dumps({"type": "record", "name": name, "fields": list(fields)}))


def field(name: str, of: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": of, **more}


@dataclass(frozen=True)
class Change:
    """From one schema to the next; `allowed` under these rules, else refused because of `rule` at `place` (patterns)."""

    name: str
    old: Schema
    new: Schema
    allowed: frozenset[str]
    rule: str = ""
    place: str = ""

    def __str__(self) -> str:
        return self.name


A, B = field("a", "int"), field("b", "string")
ONE, TWO = {"type": "record", "name": "One", "fields": []}, {"type": "record", "name": "Two", "fields": []}
NO_DEFAULT = "READER_FIELD_MISSING_DEFAULT_VALUE"


def _widened(old: str, new: str) -> Change:
    return Change(f"widen {old} to {new}", record(field("a", old)), record(field("a", new)), BACKWARD, "TYPE_MISMATCH", "a")


CHANGES = (
    Change("add with default", record(A), record(A, field("b", "string", default="")), FULL),
    Change("add without default", record(A), record(A, B), FORWARD, NO_DEFAULT, "b"),
    Change("remove with default", record(A, field("b", "string", default="")), record(A), FULL),
    Change("remove without default", record(A, B), record(A), BACKWARD, NO_DEFAULT, "b"),
    Change("rename", record(A, B), record(A, field("c", "string")), NEITHER, NO_DEFAULT, "[bc]"),
    Change("rename with alias", record(A, B), record(A, field("c", "string", aliases=["b"])), BACKWARD, NO_DEFAULT, "b"),
    _widened("int", "long"),
    _widened("int", "double"),
    _widened("long", "double"),
    _widened("float", "double"),
    Change("narrow long to int", record(field("a", "long")), record(field("a", "int")), FORWARD, "TYPE_MISMATCH", "a"),
    Change("another type", record(A), record(field("a", "string")), NEITHER, "TYPE_MISMATCH", "a"),
    Change(
        "add union member", record(field("e", [ONE])), record(field("e", [ONE, TWO])), BACKWARD, "MISSING_UNION_BRANCH", "e"
    ),
    Change(
        "remove union member", record(field("e", [ONE, TWO])), record(field("e", [ONE])), FORWARD, "MISSING_UNION_BRANCH", "e"
    ),
    Change(
        "make optional", record(A), record(field("a", ["null", "int"])), BACKWARD, "TYPE_MISMATCH|MISSING_UNION_BRANCH", "a"
    ),
    Change(
        "add symbol",
        record(field("c", {"type": "enum", "name": "C", "symbols": ["X"]})),
        record(field("c", {"type": "enum", "name": "C", "symbols": ["X", "Y"]})),
        BACKWARD,
        "MISSING_ENUM_SYMBOLS",
        "c",
    ),
    Change(
        "nested",
        record(field("n", {"type": "array", "items": {"type": "record", "name": "N", "fields": [A]}})),
        record(field("n", {"type": "array", "items": {"type": "record", "name": "N", "fields": [A, B]}})),
        FORWARD,
        NO_DEFAULT,
        r"n\[\]\.b",
    ),
    Change("another name", record(A), record(A, name="S"), NEITHER, "NAME_MISMATCH", ""),
)

CASES = [(change, rule) for change in CHANGES for rule in ("BACKWARD", "FORWARD", "FULL")]
