import json
import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from headrace.core.errors import IncompatibleSchemaError, RegistryError, UnknownSchemaError
from headrace.formats.registry import Compatibility, EmbeddedRegistry, Reference, Schema, SchemaKind


def record(*fields: dict[str, object]) -> Schema:
    return Schema(json.dumps({"type": "record", "name": "R", "fields": list(fields)}))


ONE = record({"name": "a", "type": "int"})
TWO = record({"name": "a", "type": "int"}, {"name": "b", "type": "string", "default": ""})
STRICT = record({"name": "a", "type": "int"}, {"name": "b", "type": "string"})


@pytest.fixture(params=["memory", "file"])
def registry(request, tmp_path):
    made = EmbeddedRegistry(None if request.param == "memory" else tmp_path / "registry")
    yield made
    made.close()


def test_versions_are_counted_and_ids_are_shared_between_subjects(registry):
    assert registry.register("x-value", ONE) == registry.register("x-value", ONE) == registry.register("y-value", ONE)
    other = registry.register("x-value", TWO)
    assert registry.versions("x-value") == [1, 2]
    assert registry.version("x-value").id == other
    assert registry.version("x-value", 1).schema == registry.by_id(registry.register("y-value", ONE))
    assert registry.subjects() == ["x-value", "y-value"]


def test_white_space_makes_no_new_schema(registry):
    spaced = Schema(json.dumps(json.loads(ONE.text), indent=4))
    assert registry.register("x", ONE) == registry.register("x", spaced)
    assert registry.find("x", spaced).version == 1


def test_what_is_not_there_is_an_error_of_its_own(registry):
    registry.register("x", ONE)
    for ask in (
        lambda: registry.by_id(77),
        lambda: registry.version("y"),
        lambda: registry.version("x", 9),
        lambda: registry.versions("y"),
        lambda: registry.find("x", TWO),
        lambda: registry.delete("y"),
    ):
        with pytest.raises(UnknownSchemaError):
            ask()


def test_an_incompatible_schema_is_refused_with_field_and_rule(registry):
    registry.register("x", ONE)
    with pytest.raises(IncompatibleSchemaError, match="BACKWARD: field b: READER_FIELD_MISSING_DEFAULT_VALUE"):
        registry.register("x", STRICT)
    assert registry.check("x", STRICT)
    assert registry.check("x", TWO) == []
    registry.set_compatibility(Compatibility.NONE, "x")
    assert registry.check("x", STRICT) == []
    assert registry.versions("x") == [1]


def test_the_rule_for_all_holds_where_a_subject_has_none(registry):
    assert registry.compatibility("x") is Compatibility.BACKWARD
    registry.set_compatibility(Compatibility.FORWARD)
    registry.set_compatibility(Compatibility.FULL, "y")
    assert (registry.compatibility("x"), registry.compatibility("y")) == (Compatibility.FORWARD, Compatibility.FULL)


def test_a_deleted_subject_leaves_its_ids_readable(registry):
    made = registry.register("x", ONE)
    assert registry.delete("x") == [1]
    assert registry.subjects() == []
    assert json.loads(registry.by_id(made).text) == json.loads(ONE.text)


def test_text_that_is_no_schema_is_refused(registry):
    with pytest.raises(RegistryError, match="no Avro schema"):
        registry.register("x", Schema("{"))
    with pytest.raises(RegistryError, match="no JSON schema"):
        registry.register("x", Schema("{", SchemaKind.JSON))


def test_a_subject_keeps_to_one_language(registry):
    registry.register("x", ONE)
    with pytest.raises(IncompatibleSchemaError, match="holds AVRO schemas, this is JSON"):
        registry.register("x", Schema("{}", SchemaKind.JSON))


def test_references_are_compared_as_what_they_stand_for(registry):
    inner = Schema(json.dumps({"type": "enum", "name": "E", "symbols": ["A"]}))
    registry.register("e", inner)
    outer = Schema(
        json.dumps({"type": "record", "name": "R", "fields": [{"name": "e", "type": "E"}]}),
        references=(Reference("E", "e", 1),),
    )
    made = registry.register("x", outer)
    assert registry.by_id(made).references == (Reference("E", "e", 1),)
    changed = record({"name": "e", "type": "string"})
    with pytest.raises(IncompatibleSchemaError, match="field e: TYPE_MISMATCH, the reader has string, the writer enum E"):
        registry.register("x", changed)


def test_another_registry_of_the_same_folder_sees_everything(tmp_path: Path):
    made = EmbeddedRegistry(tmp_path).register("x", ONE)
    assert EmbeddedRegistry(tmp_path).version("x").id == made


def _register_many(folder: Path, start: int) -> None:
    registry = EmbeddedRegistry(folder)
    for number in range(start, start + 20):
        registry.register(f"s{number % 5}", Schema(json.dumps({"type": "fixed", "name": f"F{number}", "size": number + 1})))


def test_processes_that_register_at_once_get_ids_of_their_own(tmp_path: Path):
    EmbeddedRegistry(tmp_path).set_compatibility(Compatibility.NONE)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_register_many, args=(tmp_path, start)) for start in (0, 10, 20)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    registry = EmbeddedRegistry(tmp_path)
    assert registry.subjects() == ["s0", "s1", "s2", "s3", "s4"]
    assert all(registry.versions(subject) == list(range(1, 9)) for subject in registry.subjects())
    assert len({registry.version(s, v).id for s in registry.subjects() for v in registry.versions(s)}) == 40


def test_a_file_of_another_kind_or_a_newer_version_is_refused(tmp_path: Path):
    EmbeddedRegistry(tmp_path / "new")
    with sqlite3.connect(tmp_path / "new" / "schemas.db") as file:
        file.execute("PRAGMA user_version = 9")
    file.close()
    with pytest.raises(RegistryError, match="has version 9"):
        EmbeddedRegistry(tmp_path / "new")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "schemas.db").write_text("text" * 500)
    with pytest.raises(RegistryError, match="is no registry"):
        EmbeddedRegistry(tmp_path / "odd")
