"""`headrace schema`: what the schema registry holds, and whether a change may go into it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from headrace.app.registries import opened_registry
from headrace.cli.command import Group
from headrace.cli.data import data_option
from headrace.cli.failures import ExitCode
from headrace.cli.printing import json_option, print_json, print_rows
from headrace.cli.schema_source import given_schema, kind_option, registry_option, registry_settings
from headrace.core.errors import IncompatibleSchemaError
from headrace.formats.registry.api import Compatibility, Registered, Registry, Schema, SchemaKind
from headrace.formats.registry.compatibility import loaded, obstacles
from headrace.formats.registry.references import joined
from headrace.formats.schema.python_source import python_source

_FILE_SUFFIX = ".avsc"


@click.group(
    cls=Group,
    examples="""
        headrace schema list
        headrace schema register orders-value shop.py:Order
        headrace schema check orders-value shop.py:Order
        headrace schema evolve-test orders-value order.avsc
        headrace schema generate orders-value > orders.py
    """,
)
def command() -> None:
    """Look into the schema registry, and try and register schemas.

    It is the one that the option schema_registry names, else the one of the embedded log. A SOURCE is a file (.avsc, .json,
    .proto) or a type of a program (shop.py:Order, shop.types:Order).
    """


@command.command("list")
@json_option
@registry_option
@data_option
def list_subjects(as_json: bool, registry: str | None, data: Path | None) -> None:
    """List subjects with their newest version."""
    found = opened_registry(registry_settings(registry, data))
    rows = [_row(found, found.version(subject)) for subject in found.subjects()]
    columns = ("subject", "version", "id", "type", "compatibility")
    print_rows(rows, columns=columns, as_json=as_json, empty="there are no schemas")


@command.command(examples="headrace schema show orders-value --version 1\nheadrace schema show --id 7")
@click.argument("subject", required=False)
@click.option("--version", type=click.IntRange(1), help="[default: the newest]")
@click.option("--id", "schema_id", type=int, help="A schema by its id, in place of SUBJECT.")
@json_option
@registry_option
@data_option
def show(
    subject: str | None, version: int | None, schema_id: int | None, as_json: bool, registry: str | None, data: Path | None
) -> None:
    """Print a schema."""
    if (subject is None) == (schema_id is None):
        message = "give a SUBJECT or --id"
        raise click.UsageError(message)
    found = opened_registry(registry_settings(registry, data))
    if subject is None:
        schema, about = found.by_id(schema_id or 0), dict[str, Any](id=schema_id)
    else:
        registered = found.version(subject, version)
        schema, about = registered.schema, {"subject": subject, "version": registered.version, "id": registered.id}
    if as_json:
        references = [each._asdict() for each in schema.references]
        print_json({**about, "type": schema.kind, "schema": schema.text, "references": references})
        return
    click.echo(schema.text if schema.kind is SchemaKind.PROTOBUF else json.dumps(json.loads(schema.text), indent=2))


@command.command()
@click.argument("subject")
@click.argument("source")
@kind_option
@registry_option
@data_option
def check(subject: str, source: str, kind: str | None, registry: str | None, data: Path | None) -> int:
    """Say whether SOURCE may become the newest version of SUBJECT; exit code 1 if not, with field and rule."""
    found = opened_registry(registry_settings(registry, data))
    problems = found.check(subject, given_schema(source, kind))
    rule = found.compatibility(subject)
    if not problems:
        click.echo(f"{subject} ({rule}): may be registered")
        return ExitCode.OK
    click.echo(f"{subject} ({rule}): refused")
    for problem in problems:
        click.echo(f"  {problem}")
    return ExitCode.FAILED


@command.command()
@click.argument("subject")
@click.argument("source")
@click.option("--compatibility", type=click.Choice([each.value for each in Compatibility], case_sensitive=False))
@kind_option
@registry_option
@data_option
def register(
    subject: str, source: str, compatibility: str | None, kind: str | None, registry: str | None, data: Path | None
) -> None:
    """Make SOURCE the newest version of SUBJECT; --compatibility sets the subject's rule first."""
    found = opened_registry(registry_settings(registry, data), create=True)
    schema = given_schema(source, kind)
    if compatibility is not None:
        found.set_compatibility(Compatibility(compatibility.upper()), subject)
    made = found.register(subject, schema)
    click.echo(f"{subject}: version {found.find(subject, schema).version}, id {made}")


@command.command("evolve-test")
@click.argument("subject")
@click.argument("source")
@kind_option
@json_option
@registry_option
@data_option
def evolve_test(subject: str, source: str, kind: str | None, as_json: bool, registry: str | None, data: Path | None) -> int:
    """Try SOURCE against all versions of SUBJECT under every rule; exit code 1 if the subject's own rule refuses it."""
    found = opened_registry(registry_settings(registry, data))
    schema = given_schema(source, kind)
    versions = [found.version(subject, number) for number in found.versions(subject)]
    own, rows = found.compatibility(subject), list[dict[str, Any]]()
    for level in Compatibility:
        problems = _problems(found, schema, versions, level)
        said = "; ".join(problems) or None
        rows.append({"rule": level.value, "accepted": not problems, "in_force": level is own, "problems": said})
    print_rows(rows, columns=("rule", "in_force", "accepted", "problems"), as_json=as_json)
    return ExitCode.OK if all(row["accepted"] for row in rows if row["in_force"]) else ExitCode.FAILED


@command.command(
    examples="headrace schema generate orders-value --as struct --output orders.py\nheadrace schema generate order.avsc"
)
@click.argument("subject_or_file")
@click.option("--version", type=click.IntRange(1), help="[default: the newest]")
@click.option("--as", "style", type=click.Choice(["dataclass", "struct"]), default="dataclass", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="[default: standard output]")
@registry_option
@data_option
def generate(
    subject_or_file: str, version: int | None, style: Any, output: Path | None, registry: str | None, data: Path | None
) -> None:
    """Write Python classes for an Avro schema."""
    if subject_or_file.endswith(_FILE_SUFFIX):
        schema, origin = loaded(given_schema(subject_or_file, None).text, SchemaKind.AVRO), Path(subject_or_file).name
    else:
        found = opened_registry(registry_settings(registry, data))
        registered = found.version(subject_or_file, version)
        if registered.schema.kind is not SchemaKind.AVRO:
            message = f"{subject_or_file} is a {registered.schema.kind} schema; classes are made for AVRO only"
            hint = "Protobuf's are made by protoc, or at once by Protobuf(); JSON Schema's by datamodel-code-generator"
            raise IncompatibleSchemaError(message, hint=hint)
        schema, origin = joined(registered.schema, found), f"{subject_or_file}, version {registered.version}"
    text = python_source(schema, style, origin)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _problems(registry: Registry, schema: Schema, versions: list[Registered], level: Compatibility) -> list[str]:
    if level is Compatibility.NONE:
        return []
    other = [each.schema.kind for each in versions if each.schema.kind is not schema.kind]
    if other:
        return [f"the subject holds {other[0]} schemas, this is {schema.kind}"]
    old = [(each.version, _parsed(registry, each.schema)) for each in versions]
    return obstacles(_parsed(registry, schema), old, level, schema.kind)


def _parsed(registry: Registry, schema: Schema) -> Any:
    return joined(schema, registry) if schema.kind is SchemaKind.AVRO else loaded(schema.text, schema.kind)


def _row(registry: Registry, found: Registered) -> dict[str, Any]:
    return {
        "subject": found.subject,
        "version": found.version,
        "id": found.id,
        "type": found.schema.kind.value,
        "compatibility": registry.compatibility(found.subject).value,
    }
