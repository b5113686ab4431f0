"""`headrace schema`, and formats with schemas on the command line."""

import json

import pytest

from support.command_line import CommandLine
from support.registry_server import registry_server

PROGRAM = """
from dataclasses import dataclass
from headrace.formats import Avro, Protobuf

@dataclass(frozen=True)
class Line:
    name: str
    count: int = 1

@dataclass(frozen=True)
class Order:
    id: str
    lines: list[Line]

@dataclass(frozen=True)
class Stricter:
    id: str
    lines: list[Line]
    customer: str

Stricter.__name__ = "Order"
as_proto = Protobuf(Order)
"""


@pytest.fixture
def program(cli: CommandLine) -> CommandLine:
    cli.file("shop.py", PROGRAM)
    return cli


def test_a_type_is_registered_listed_and_shown(program: CommandLine):
    assert "version 1, id 1" in program.ok("schema", "register", "orders-value", "shop.py:Order").out
    assert program.ok("schema", "list", "--json").json == [
        {"subject": "orders-value", "version": 1, "id": 1, "type": "AVRO", "compatibility": "BACKWARD"}
    ]
    shown = json.loads(program.ok("schema", "show", "orders-value").out)
    assert [field["name"] for field in shown["fields"]] == ["id", "lines"]
    assert json.loads(program.ok("schema", "show", "--id", "1", "--json").json["schema"]) == shown


def test_an_incompatible_change_is_told_by_field_and_rule(program: CommandLine):
    program.ok("schema", "register", "orders-value", "shop.py:Order")
    refused = program("schema", "check", "orders-value", "shop.py:Stricter")
    assert refused.code == 1
    assert "field customer: READER_FIELD_MISSING_DEFAULT_VALUE" in refused.out
    assert program("schema", "register", "orders-value", "shop.py:Stricter").code == 1
    assert "may be registered" in program.ok("schema", "check", "orders-value", "shop.py:Order").out
    assert "may be registered" in program.ok("schema", "check", "new", "shop.py:Stricter").out


def test_a_change_is_tried_under_every_rule(program: CommandLine):
    program.ok("schema", "register", "orders-value", "shop.py:Order")
    tried = program("schema", "evolve-test", "orders-value", "shop.py:Stricter", "--json")
    assert tried.code == 1
    assert {row["rule"]: row["accepted"] for row in tried.json} == {
        "NONE": True,
        "BACKWARD": False,
        "BACKWARD_TRANSITIVE": False,
        "FORWARD": True,
        "FORWARD_TRANSITIVE": True,
        "FULL": False,
        "FULL_TRANSITIVE": False,
    }
    program.ok("schema", "register", "free", "shop.py:Order", "--compatibility", "forward")
    assert program("schema", "evolve-test", "free", "shop.py:Stricter").code == 0


def test_other_languages_are_files_or_types(program: CommandLine):
    program.file("p.proto", 'syntax = "proto3"; message P { string a = 1; }')
    program.file("s.json", '{"type":"object"}')
    program.ok("schema", "register", "p", "p.proto")
    program.ok("schema", "register", "s", "s.json")
    program.ok("schema", "register", "t", "shop.py:Order", "--type", "json")
    program.ok("schema", "register", "u", "shop.py:as_proto")
    assert {row["subject"]: row["type"] for row in program.ok("schema", "list", "--json").json} == {
        "p": "PROTOBUF",
        "s": "JSON",
        "t": "JSON",
        "u": "PROTOBUF",
    }
    assert "message Order" in program.ok("schema", "show", "u").out


@pytest.mark.parametrize("style", ["dataclass", "struct"])
def test_generated_classes_have_the_schema_that_they_were_made_from(program: CommandLine, style: str):
    program.ok("schema", "register", "orders-value", "shop.py:Order")
    program.ok("schema", "generate", "orders-value", "--as", style, "--output", "made.py")
    assert "version 1" in program.ok("schema", "register", "orders-value", "made.py:Order").out


def test_records_are_written_and_read_by_their_schema(program: CommandLine):
    program.ok("topics", "create", "orders")
    program.ok("schema", "register", "orders-value", "shop.py:Order")
    program.ok("produce", "orders", "--value-format", "avro", stdin='{"id":"o-1","lines":[{"name":"a","count":2}]}\n')
    shown = program.ok("consume", "orders", "--value-format", "avro", "--json").json_lines
    assert shown[0]["value"] == {"id": "o-1", "lines": [{"name": "a", "count": 2}]}


def test_a_registry_over_http_is_named_by_an_option(program: CommandLine):
    with registry_server() as server:
        program.ok("schema", "register", "orders-value", "shop.py:Order", "--registry", server.url)
        assert server.registry.subjects() == ["orders-value"]
        assert "orders-value" in program.ok("schema", "list", "--registry", server.url).out


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("list",), 1, "there is no schema registry in"),
        (("check", "x", "nothing.avsc"), 1, "no schema registry"),
        (("register", "x", "nothing.avsc"), 2, "cannot be read"),
        (("register", "x", "shop.py:Nothing"), 2, "has no 'Nothing'"),
        (("register", "x", "nothing"), 2, "neither a file with a schema nor a type"),
        (("register", "x", "none.py:Order"), 2, "there is no file"),
        (("show",), 2, "give a SUBJECT or --id"),
        (("list", "--registry", "nonsense"), 2, "no address of a schema registry"),
    ],
)
def test_mistakes_are_told_in_one_line(program: CommandLine, arguments: tuple[str, ...], code: int, why: str):
    outcome = program("schema", *arguments)
    assert (outcome.code, why in outcome.err) == (code, True), outcome.err
    assert "Traceback" not in outcome.err


def test_only_avro_has_classes(program: CommandLine):
    program.ok("schema", "register", "t", "shop.py:Order", "--type", "json")
    assert "classes are made for AVRO only" in program("schema", "generate", "t").err
    assert program("schema", "show", "none").code == 1
