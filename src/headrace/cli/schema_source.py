"""Schemas as the command line names them: a file, or a type of a program."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import click

from headrace.cli.failures import application_failures
from headrace.config import AppConfig, resolve
from headrace.core.errors import ConfigurationError
from headrace.formats.avro import Avro
from headrace.formats.json_schema import JsonSchema
from headrace.formats.protobuf import Protobuf
from headrace.formats.registry.api import Schema, SchemaKind

F = TypeVar("F", bound=Callable[..., Any])

_SUFFIXES = {".avsc": SchemaKind.AVRO, ".json": SchemaKind.JSON, ".proto": SchemaKind.PROTOBUF}
_NAMES = {"avro": SchemaKind.AVRO, "json": SchemaKind.JSON, "protobuf": SchemaKind.PROTOBUF}
_FORMATS: dict[SchemaKind, Callable[[Any], Avro[Any] | JsonSchema[Any] | Protobuf[Any]]] = {
    SchemaKind.AVRO: Avro,
    SchemaKind.JSON: JsonSchema,
    SchemaKind.PROTOBUF: Protobuf,
}
_ANY_APPLICATION = "headrace-cli"
"""Stands for the application id where only the place of the registry is asked for."""


def registry_option(command: F) -> F:
    """`--registry`."""
    help_ = (
        "URL of the schema registry.  [default: HEADRACE_SCHEMA_REGISTRY, schema_registry in headrace.toml, the embedded one]"
    )
    return click.option("--registry", metavar="URL", help=help_)(command)


def kind_option(command: F) -> F:
    """`--type`."""
    help_ = "Language of the schema.  [default: the file's; avro for a type]"
    return click.option("--type", "kind", type=click.Choice(list(_NAMES)), help=help_)(command)


def registry_settings(registry: str | None, data: Path | None) -> AppConfig:
    """The options of the registry that is meant."""
    given = {"app_id": _ANY_APPLICATION, "data_dir": data, "schema_registry": registry}
    return resolve(given, call_origin="command line")


def given_schema(source: str, kind: str | None) -> Schema:
    """The schema of a file or type.

    Raises:
        ConfigurationError: There is no such file or type, or it has no schema.
    """
    path, colon, name = source.rpartition(":")
    if colon and path:
        return _of_type(_attribute(path, name), _NAMES[kind or "avro"])
    file = Path(source)
    found = _NAMES[kind] if kind else _SUFFIXES.get(file.suffix)
    if found is None:
        message = f"{source!r} is neither a file with a schema nor a type"
        raise ConfigurationError(message, hint="give a file .avsc, .json or .proto, or a type as shop.py:Order")
    try:
        return Schema(file.read_text(encoding="utf-8"), found)
    except OSError as error:
        message = f"{source} cannot be read: {error.strerror}"
        raise ConfigurationError(message) from None


def _of_type(of: Any, kind: SchemaKind) -> Schema:
    form = of if isinstance(of, Avro | JsonSchema | Protobuf) else _FORMATS[kind](of)
    found = form.registered()
    if found is None:
        message = f"{form!r} has no schema of its own"
        raise ConfigurationError(message, hint="give one type")
    return found


def _attribute(path: str, name: str) -> Any:
    with application_failures(f"importing {path}"):
        module = _file(Path(path)) if path.endswith(".py") else _module(path)
    found = getattr(module, name, None)
    if found is None:
        message = f"{path} has no {name!r}"
        raise ConfigurationError(message)
    return found


def _module(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(Path.cwd()))


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        message = f"there is no file {path}"
        raise ConfigurationError(message)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # types of fields are looked up there
    spec.loader.exec_module(module)
    return module
