"""A registry in a file: the one of an embedded log, shared by all processes that use its data directory."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from headrace.core.errors import IncompatibleSchemaError, RegistryError, RegistryUnavailableError, UnknownSchemaError
from headrace.formats.registry.api import Compatibility, Reference, Registered, Schema, SchemaKind
from headrace.formats.registry.compatibility import loaded, obstacles
from headrace.formats.registry.references import joined

_VERSION = 1
_BUSY_S = 30.0
_EVERYWHERE = ""
"""The subject under which the rule for all others is kept."""

_TABLES = """
CREATE TABLE schemas (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, refs TEXT NOT NULL, UNIQUE (kind, text, refs));
CREATE TABLE versions (
    subject TEXT NOT NULL, version INTEGER NOT NULL, id INTEGER NOT NULL REFERENCES schemas, PRIMARY KEY (subject, version));
CREATE TABLE rules (subject TEXT PRIMARY KEY, compatibility TEXT NOT NULL);
"""


class EmbeddedRegistry:
    """Keeps schemas in an SQLite file, or in memory. New subjects are BACKWARD compatible, as Confluent's are.

    Args:
        directory: Where the file `schemas.db` is; made if it is missing. None keeps all in memory.

    Raises:
        RegistryError: The file is none of this version.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._by_id: dict[int, Schema] = {}
        self._open: sqlite3.Connection | None = None
        self._kept: sqlite3.Connection | None = None
        self.place = ":memory:" if directory is None else str(directory / "schemas.db")
        if directory is None:
            self._kept = self._connect()
        else:
            directory.mkdir(parents=True, exist_ok=True)
        with self._transaction() as file:
            self._prepare(file)

    def _connect(self) -> sqlite3.Connection:
        file = sqlite3.connect(self.place, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("PRAGMA synchronous = FULL")
        except sqlite3.DatabaseError as error:
            file.close()
            message = f"{self.place} is no registry: {error}"
            raise RegistryError(message) from error
        return file

    def _prepare(self, file: sqlite3.Connection) -> None:
        (version,) = file.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in filter(str.strip, _TABLES.split(";")):
                file.execute(statement)
            file.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            message = f"{self.place} has version {version}, this is version {_VERSION}"
            raise RegistryError(message, hint="use the version of Headrace that has written it, or a newer one")

    def register(self, subject: str, schema: Schema) -> int:
        """See `Registry`."""
        schema, parsed = _canonical(schema), self._parsed(schema)
        with self._transaction() as file:
            known = self._found(file, subject, schema)
            if known is not None:
                return known.id
            problems = self._obstacles(subject, schema, parsed)
            if problems:
                rule = self.compatibility(subject)
                message = f"the schema cannot become a version of subject {subject!r}, which is {rule}: {'; '.join(problems)}"
                raise IncompatibleSchemaError(message)
            key = (schema.kind.value, schema.text, _written(schema.references))
            file.execute("INSERT OR IGNORE INTO schemas (kind, text, refs) VALUES (?, ?, ?)", key)
            (made,) = file.execute("SELECT id FROM schemas WHERE kind = ? AND text = ? AND refs = ?", key).fetchone()
            file.execute(
                "INSERT INTO versions SELECT ?, COALESCE(MAX(version), 0) + 1, ? FROM versions WHERE subject = ?",
                (subject, made, subject),
            )
        return int(made)

    def find(self, subject: str, schema: Schema) -> Registered:
        """See `Registry`."""
        with self._transaction() as file:
            self._versions(file, subject)
            found = self._found(file, subject, _canonical(schema))
        if found is None:
            message = f"subject {subject!r} has no version with this schema: {schema.text[:200]}"
            raise UnknownSchemaError(message, hint=f"headrace schema register {subject} puts it there")
        return found

    def by_id(self, schema_id: int) -> Schema:
        """See `Registry`."""
        known = self._by_id.get(schema_id)
        if known is not None:
            return known
        with self._transaction() as file:
            row = file.execute("SELECT kind, text, refs FROM schemas WHERE id = ?", (schema_id,)).fetchone()
        if row is None:
            message = f"the registry has no schema with id {schema_id}"
            raise UnknownSchemaError(message, hint="the data was written with another registry, or is not in its wire format")
        return self._by_id.setdefault(schema_id, _schema(*row))

    def version(self, subject: str, version: int | None = None) -> Registered:
        """See `Registry`."""
        with self._transaction() as file:
            rows = self._versions(file, subject)
        if version is None:
            return rows[-1]
        for each in rows:
            if each.version == version:
                return each
        message = f"subject {subject!r} has no version {version}; it has {', '.join(str(each.version) for each in rows)}"
        raise UnknownSchemaError(message)

    def versions(self, subject: str) -> list[int]:
        """See `Registry`."""
        with self._transaction() as file:
            return [each.version for each in self._versions(file, subject)]

    def subjects(self) -> list[str]:
        """See `Registry`."""
        with self._transaction() as file:
            return [name for (name,) in file.execute("SELECT DISTINCT subject FROM versions ORDER BY subject")]

    def check(self, subject: str, schema: Schema) -> list[str]:
        """See `Registry`."""
        parsed = self._parsed(schema)
        with self._transaction() as file:
            if self._found(file, subject, _canonical(schema)) is not None:
                return []
            return self._obstacles(subject, schema, parsed)

    def compatibility(self, subject: str | None = None) -> Compatibility:
        """See `Registry`."""
        with self._transaction() as file:
            rules = dict(file.execute("SELECT subject, compatibility FROM rules"))
        return Compatibility(rules.get(subject or _EVERYWHERE) or rules.get(_EVERYWHERE, Compatibility.BACKWARD))

    def set_compatibility(self, compatibility: Compatibility, subject: str | None = None) -> None:
        """See `Registry`."""
        with self._transaction() as file:
            file.execute("INSERT OR REPLACE INTO rules VALUES (?, ?)", (subject or _EVERYWHERE, compatibility.value))

    def delete(self, subject: str) -> list[int]:
        """See `Registry`."""
        with self._transaction() as file:
            gone = [each.version for each in self._versions(file, subject)]
            file.execute("DELETE FROM versions WHERE subject = ?", (subject,))
            file.execute("DELETE FROM rules WHERE subject = ?", (subject,))
        return gone

    def close(self) -> None:
        """Forgets what is kept in memory. A file is open only while it is used."""
        if self._kept is not None:
            self._kept.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Alone among threads and processes; within one that is open already, a part of it."""
        with self._lock:
            if self._open is not None:
                yield self._open
                return
            self._open = self._kept or self._connect()
            try:
                self._begin(self._open)
                with self._open:
                    yield self._open
            finally:
                if self._kept is None:
                    self._open.close()
                self._open = None

    def _begin(self, file: sqlite3.Connection) -> None:
        try:
            file.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            message = f"the registry {self.place} is held by another process: {error}"
            raise RegistryUnavailableError(message) from error

    def _found(self, file: sqlite3.Connection, subject: str, schema: Schema) -> Registered | None:
        row = file.execute(
            "SELECT version, id FROM versions JOIN schemas USING (id) WHERE subject = ? AND kind = ? AND text = ? AND refs = ?",
            (subject, schema.kind.value, schema.text, _written(schema.references)),
        ).fetchone()
        return None if row is None else Registered(subject, row[0], row[1], schema)

    def _versions(self, file: sqlite3.Connection, subject: str) -> list[Registered]:
        query = "SELECT version, id, kind, text, refs FROM versions JOIN schemas USING (id) WHERE subject = ? ORDER BY version"
        found = [Registered(subject, version, made, _schema(*rest)) for version, made, *rest in file.execute(query, (subject,))]
        if not found:
            message = f"the registry has no subject {subject!r}"
            raise UnknownSchemaError(message, hint="headrace schema list shows those that there are")
        return found

    def _obstacles(self, subject: str, schema: Schema, parsed: Any) -> list[str]:
        level = self.compatibility(subject)
        try:
            versions = [self.version(subject, number) for number in self.versions(subject)]
        except UnknownSchemaError:
            return []
        if level is Compatibility.NONE:
            return []
        if any(each.schema.kind is not schema.kind for each in versions):
            return [f"the subject holds {versions[-1].schema.kind} schemas, this is {schema.kind}"]
        return obstacles(parsed, [(each.version, self._parsed(each.schema)) for each in versions], level, schema.kind)

    def _parsed(self, schema: Schema) -> Any:
        if schema.kind is SchemaKind.AVRO:
            return joined(schema, self)
        return loaded(schema.text, schema.kind)


def _canonical(schema: Schema) -> Schema:
    """JSON without white space, so that two spellings are one schema."""
    if schema.kind is SchemaKind.PROTOBUF:
        return schema
    try:
        return replace(schema, text=json.dumps(json.loads(schema.text), separators=(",", ":")))
    except ValueError:
        return schema


def _schema(kind: str, text: str, references: str) -> Schema:
    return Schema(text, SchemaKind(kind), tuple(Reference(*each) for each in json.loads(references)))


def _written(references: tuple[Reference, ...]) -> str:
    return json.dumps([list(each) for each in references])
