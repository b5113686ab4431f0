"""The embedded registry and a real one give the same answers."""

import json

import pytest

from headrace.core.errors import IncompatibleSchemaError, UnknownSchemaError
from headrace.formats.registry import Compatibility, Reference, Registry, Schema


def record(name: str, *fields: object) -> Schema:
    return Schema(json.dumps({"type": "record", "name": name, "fields": list(fields)}))


A = {"name": "a", "type": "int"}
B = {"name": "b", "type": "string", "default": ""}
STRICT_B = {"name": "b", "type": "string"}


def test_versions_ids_and_subjects(registry: Registry):
    first = registry.register("t-value", record("R", A))
    assert registry.register("t-value", record("R", A)) == first
    second = registry.register("t-value", record("R", A, B))
    assert second != first
    assert registry.versions("t-value") == [1, 2]
    assert registry.version("t-value").id == second
    assert registry.version("t-value", 1).id == first
    assert json.loads(registry.by_id(second).text) == json.loads(record("R", A, B).text)
    assert registry.find("t-value", record("R", A)).version == 1
    assert registry.subjects() == ["t-value"]


def test_what_is_not_there(registry: Registry):
    registry.register("t-value", record("R", A))
    for ask in (
        lambda: registry.by_id(999_999),
        lambda: registry.version("none"),
        lambda: registry.versions("none"),
        lambda: registry.version("t-value", 7),
        lambda: registry.find("t-value", record("Other", A)),
    ):
        with pytest.raises(UnknownSchemaError):
            ask()


def test_incompatible_schemas_are_refused_by_field_and_rule(registry: Registry):
    registry.register("t-value", record("R", A))
    assert registry.check("t-value", record("R", A, B)) == []
    (problem,) = registry.check("t-value", record("R", A, STRICT_B))
    assert problem.startswith("field b: READER_FIELD_MISSING_DEFAULT_VALUE")
    with pytest.raises(IncompatibleSchemaError, match="field b: READER_FIELD_MISSING_DEFAULT_VALUE"):
        registry.register("t-value", record("R", A, STRICT_B))
    assert registry.check("new-subject", record("R", A, STRICT_B)) == []


def test_rules_of_a_subject(registry: Registry):
    registry.register("t-value", record("R", A))
    assert registry.compatibility("t-value") is Compatibility.BACKWARD
    registry.set_compatibility(Compatibility.FORWARD, "t-value")
    assert registry.compatibility("t-value") is Compatibility.FORWARD
    assert registry.check("t-value", record("R", A, STRICT_B)) == []
    assert registry.check("t-value", record("R")) != []


def test_references(registry: Registry):
    registry.register("inner", record("Inner", A))
    outer = Schema(
        json.dumps({"type": "record", "name": "Outer", "fields": [{"name": "i", "type": "Inner"}]}),
        references=(Reference("Inner", "inner", 1),),
    )
    made = registry.register("outer", outer)
    assert registry.by_id(made).references == (Reference("Inner", "inner", 1),)


def test_a_deleted_subject_is_gone(registry: Registry):
    registry.register("t-value", record("R", A))
    assert registry.delete("t-value") == [1]
    assert registry.subjects() == []
