import json
import sys
from types import ModuleType
from typing import Any

import pytest

from headrace.core.errors import ConfigurationError
from headrace.formats import Avro
from headrace.formats.schema.python_source import python_source

SCHEMA = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "doc": "What was bought.",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "count", "type": "int", "default": 1},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "uid", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "weight", "type": "float", "default": 0.5},
        {"name": "note", "type": ["null", "string"], "default": None, "aliases": ["remark"]},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"]}, "default": "NEW"},
        {
            "name": "lines",
            "type": {
                "type": "array",
                "items": {"type": "record", "name": "Line", "fields": [{"name": "raw", "type": "bytes", "default": "\u00ff"}]},
            },
            "default": [],
        },
        {"name": "named", "type": {"type": "map", "values": "Line"}, "default": {}},
        {"name": "event", "type": ["Line", {"type": "record", "name": "Empty", "fields": []}]},
        {"name": "parent", "type": ["null", "Order"], "default": None},
    ],
}


def imported(text: str, name: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)
    return module


@pytest.mark.parametrize("style", ["dataclass", "struct"])
def test_classes_have_the_schema_that_they_were_made_from(style: Any):
    module = imported(python_source(SCHEMA, style), f"made_{style}")
    made = Avro(module.Order, namespace="shop").schema
    assert [(field["name"], field.get("default", "-")) for field in made["fields"]] == [
        (field["name"], field.get("default", "-")) for field in SCHEMA["fields"]
    ]
    assert made["doc"] == "What was bought."
    assert json.dumps(made["fields"][11]["type"][1]["name"]) == '"Empty"'


def test_a_union_of_records_gets_a_name():
    union = [{"type": "record", "name": name, "fields": []} for name in ("A", "B")]
    module = imported(python_source(union), "made_union")
    assert Avro(module.Value).schema == union


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "fixed", "name": "F", "size": 4}, "fixed"),
        ({"type": "record", "name": "R", "fields": [{"name": "class", "type": "int"}]}, "cannot be an attribute"),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "Unknown"}]}, "does not say what it is"),
    ],
)
def test_what_has_no_class_is_refused(schema: Any, why: str):
    with pytest.raises(ConfigurationError, match=why):
        python_source(schema)
