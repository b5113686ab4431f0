"""`headrace stores`: the state of an application, read-only, as of its last commit."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import click

from headrace.app.queries.reading import BUFFERS, Entry, Wanted, check_readable, read
from headrace.app.wiring import engine_of
from headrace.cli.command import Group
from headrace.cli.data import data_option, opened_log
from headrace.cli.places import TimeType
from headrace.cli.positions import is_application
from headrace.cli.printing import json_line, json_option, print_rows
from headrace.cli.program import Program, load_program, target_options
from headrace.cli.rendering import shown, time_text
from headrace.cli.store_reading import all_specs, opened_parts, spec_of
from headrace.config.kinds import show_duration
from headrace.core.errors import StateError
from headrace.formats.plain import plain
from headrace.formats.text import from_text
from headrace.log.api import Log
from headrace.state.spec import StoreKind, StoreSpec

_EXPIRING = {StoreKind.WINDOW, StoreKind.TIMESTAMPED_WINDOW, StoreKind.SESSION}


@click.group(
    cls=Group,
    examples="""
        headrace stores list .
        headrace stores get . word-counts hello
        headrace stores range . clicks-per-minute --max 20 --json
    """,
)
def command() -> None:
    """Read the state of an application as of its last commit, whether it runs or not."""


@command.command("list", examples="headrace stores list wordcount.py")
@target_options
@json_option
@data_option
def list_stores(target: str, app_id: str | None, options: tuple[str, ...], as_json: bool, data: Path | None) -> None:
    """List the stores of TARGET with their kind, engine and size."""
    program = load_program(target, data, app_id, options)
    with opened_log(program.config) as log:
        rows = [_row(program, log, spec) for spec in all_specs(program).values()]
    columns = ("store", "kind", "engine", "tasks", "entries", "bytes", "changelog")
    print_rows(rows, columns=columns, as_json=as_json, empty="the program has no stores")


@command.command(
    examples="""
        headrace stores get . word-counts hello
        headrace stores get . prices ACME --as-of 2024-05-01T12:00:00Z
    """
)
@target_options
@click.argument("store")
@click.argument("key")
@click.option("--as-of", type=TimeType(), help="Versioned stores: the value at this time.")
@json_option
@data_option
def get(
    target: str,
    store: str,
    key: str,
    app_id: str | None,
    options: tuple[str, ...],
    as_of: int | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Print what STORE of TARGET has for KEY: a value, all its windows, or all its sessions.

    KEY is read by the store's format: text, a number, JSON, or 0x... for bytes. Exit code 1 if there is nothing.
    """
    program = load_program(target, data, app_id, options)
    spec = _readable(program, store)
    if as_of is not None and spec.kind is not StoreKind.VERSIONED:
        message = "--as-of is for versioned stores; this one keeps the latest value only"
        raise click.UsageError(message)
    wanted = Wanted(verb="get", key=from_text(spec.key_format, key), as_of=as_of)
    with opened_log(program.config) as log, opened_parts(program, log, store) as parts:
        entries = [Entry(part.task, *found) for part in parts for found in read(part.store, spec, wanted)]
        _print(entries, as_json=as_json)
        if not entries:
            message = f"store {store!r} has nothing for {key!r}"
            raise StateError(message, hint=_why_nothing(program, log, spec))


@command.command(
    "range",
    examples="""
        headrace stores range . word-counts --from a --to b
        headrace stores range . clicks-per-minute --json
    """,
)
@target_options
@click.argument("store")
@click.option("--from", "low", metavar="KEY", help="Only keys from this one (in byte order).")
@click.option("--to", "high", metavar="KEY", help="Only keys up to this one, itself included.")
@click.option("-n", "--max", "most", type=click.IntRange(1), metavar="N", help="Stop after N entries.")
@json_option
@data_option
def range_(target: str, store: str, data: Path | None, **given: Any) -> None:
    """Print the entries of STORE of TARGET, task by task."""
    program = load_program(target, data, given["app_id"], given["options"])
    spec = _readable(program, store)
    low, high = (None if text is None else from_text(spec.key_format, text) for text in (given["low"], given["high"]))
    wanted = Wanted(verb="range", low=low, high=high)
    with opened_log(program.config) as log, opened_parts(program, log, store) as parts:
        entries = (Entry(part.task, *found) for part in parts for found in read(part.store, spec, wanted))
        _print(islice(entries, given["most"]), as_json=given["as_json"])


def _why_nothing(program: Program, log: Log, spec: StoreSpec) -> str | None:
    """What may be behind an entry that is not there, other than a key that never came."""
    if not is_application(log.admin().positions(program.config.app_id)):
        return f"application {program.config.app_id!r} has not processed anything yet, or was reset"
    if spec.kind in _EXPIRING:
        kept = show_duration(spec.retention_ms)
        return f"its windows expire after {kept} of stream time (retention); Materialized(retention=...) keeps them longer"
    return None


def _readable(program: Program, store: str) -> StoreSpec:
    """The store's spec. Raises StateError for a buffer of the engine's own."""
    spec = spec_of(program, store)
    check_readable(spec)
    return spec


def _print(entries: Iterable[Entry], *, as_json: bool) -> None:
    for entry in entries:
        click.echo(json_line(entry.document()) if as_json else _line(entry))


def _line(entry: Entry) -> str:
    """Key, value, time of the last change if it is known."""
    found = entry.document()
    stamp = f"\t{time_text(found['timestamp'])}" if found.get("timestamp", -1) >= 0 else ""
    return f"{shown(plain(entry.key))}\t{shown(found['value'])}{stamp}"


def _row(program: Program, log: Log, spec: StoreSpec) -> dict[str, Any]:
    engine = spec.engine or engine_of(program.config)
    row: dict[str, Any] = {
        "store": spec.name,
        "kind": spec.kind.value,
        "engine": engine.name,
        "tasks": None,
        "entries": None,
        "bytes": None,
        "changelog": _changelog(program, spec),
    }
    if spec.kind in BUFFERS:
        return row
    try:
        with opened_parts(program, log, spec.name) as parts:
            counts = [part.entries for part in parts if part.entries is not None]
            sizes = [part.bytes for part in parts if part.bytes is not None]
            row |= {"tasks": len(parts), "entries": sum(counts) if counts else None, "bytes": sum(sizes) if sizes else None}
    except StateError as error:
        row["note"] = error.message
    return row


def _changelog(program: Program, spec: StoreSpec) -> str | None:
    if spec.changelog_topic is not None:
        return spec.changelog_topic
    is_global = spec.name not in program.topology.stores
    return f"{program.config.app_id}-{spec.name}-changelog" if spec.logging and not is_global else None
