"""A registry over HTTP, with Confluent's REST interface: Confluent's own, Apicurio, Karapace, Redpanda's."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from headrace.core.errors import IncompatibleSchemaError, RegistryError, UnknownSchemaError
from headrace.formats.registry.api import Compatibility, Reference, Registered, Schema, SchemaKind
from headrace.formats.registry.compatibility import loaded, obstacles
from headrace.formats.registry.connection import RegistryConnection
from headrace.formats.registry.references import joined
from headrace.formats.registry.requests import ConflictError, Requests
from headrace.formats.registry.use import incompatible


class RestRegistry:
    """Asks a server, and remembers what cannot change: ids, versions, and what was registered.

    So a program goes on while the server is away, as long as it meets no schema for the first time; then it asks again and
    again for `patience_s`.

    Args:
        connection: Where and who; a text is the URL alone.

    Raises:
        ConfigurationError: The URL is none, certificates cannot be read, or httpx is not installed (`headrace[registry]`).
    """

    def __init__(self, connection: RegistryConnection | str) -> None:
        self.connection = RegistryConnection(connection) if isinstance(connection, str) else connection
        self._requests = Requests(self.connection)
        self._by_id: dict[int, Schema] = {}
        self._ids: dict[tuple[str, Schema], int] = {}
        self._versions: dict[tuple[str, int], Registered] = {}
        self._checked: set[tuple[str, Schema]] = set()

    def __repr__(self) -> str:
        return f"RestRegistry({self.connection.url!r})"

    def register(self, subject: str, schema: Schema) -> int:
        """See `Registry`."""
        known = self._ids.get((subject, schema))
        if known is None:
            try:
                answer = self._requests.ask("POST", f"/subjects/{_quoted(subject)}/versions", _body(schema))
            except ConflictError as conflict:
                raise self._incompatible(subject, schema, conflict) from None
            known = self._ids[subject, schema] = int(_part(answer, "id"))
        return known

    def find(self, subject: str, schema: Schema) -> Registered:
        """See `Registry`."""
        try:
            answer = self._requests.ask("POST", f"/subjects/{_quoted(subject)}", _body(schema))
        except UnknownSchemaError as error:
            message = f"subject {subject!r} has no version with this schema ({error.message}): {schema.text[:200]}"
            raise UnknownSchemaError(message, hint=f"headrace schema register {subject} puts it there") from None
        found = _registered(answer)
        self._ids[subject, schema] = found.id
        return found

    def by_id(self, schema_id: int) -> Schema:
        """See `Registry`."""
        known = self._by_id.get(schema_id)
        if known is None:
            try:
                answer = self._requests.ask("GET", f"/schemas/ids/{schema_id}")
            except UnknownSchemaError:
                message = f"the registry {self.connection.url} has no schema with id {schema_id}"
                hint = "the data was written with another registry, or is not in its wire format"
                raise UnknownSchemaError(message, hint=hint) from None
            known = self._by_id[schema_id] = _schema(answer)
        return known

    def version(self, subject: str, version: int | None = None) -> Registered:
        """See `Registry`."""
        known = None if version is None else self._versions.get((subject, version))
        if known is None:
            answer = self._requests.ask("GET", f"/subjects/{_quoted(subject)}/versions/{version or 'latest'}")
            known = _registered(answer)
            self._versions[subject, known.version] = known
            self._by_id[known.id] = known.schema
        return known

    def versions(self, subject: str) -> list[int]:
        """See `Registry`."""
        return [int(each) for each in self._requests.ask("GET", f"/subjects/{_quoted(subject)}/versions")]

    def subjects(self) -> list[str]:
        """See `Registry`."""
        return sorted(str(each) for each in self._requests.ask("GET", "/subjects"))

    def check(self, subject: str, schema: Schema) -> list[str]:
        """See `Registry`. The registry decides; where it gives no reasons, they are found out here."""
        if (subject, schema) in self._checked or (subject, schema) in self._ids:
            return []
        problems = self._problems(subject, schema)
        if not problems:
            # Each task has encoders of its own. What changes meanwhile, the registry notices when it registers.
            self._checked.add((subject, schema))
        return problems

    def _problems(self, subject: str, schema: Schema) -> list[str]:
        path = f"/compatibility/subjects/{_quoted(subject)}/versions"
        try:
            self.versions(subject)
        except UnknownSchemaError:
            return []  # a new subject
        try:
            answer = self._requests.ask("POST", f"{path}?verbose=true", _body(schema))
        except (UnknownSchemaError, RegistryError):
            # Older servers check against the newest version only.
            answer = self._requests.ask("POST", f"{path}/latest?verbose=true", _body(schema))
        if _part(answer, "is_compatible"):
            return []
        told = [str(each) for each in answer.get("messages") or ()]
        return self._reasons(subject, schema) or told or ["the registry gives no reason"]

    def compatibility(self, subject: str | None = None) -> Compatibility:
        """See `Registry`."""
        if subject is not None:
            try:
                return _level(self._requests.ask("GET", f"/config/{_quoted(subject)}?defaultToGlobal=true"))
            except UnknownSchemaError:
                pass
        return _level(self._requests.ask("GET", "/config"))

    def set_compatibility(self, compatibility: Compatibility, subject: str | None = None) -> None:
        """See `Registry`."""
        path = "/config" if subject is None else f"/config/{_quoted(subject)}"
        self._requests.ask("PUT", path, {"compatibility": compatibility.value})
        self._checked.clear()

    def delete(self, subject: str) -> list[int]:
        """See `Registry`."""
        gone = [int(each) for each in self._requests.ask("DELETE", f"/subjects/{_quoted(subject)}")]
        self._ids = {key: found for key, found in self._ids.items() if key[0] != subject}
        self._versions = {key: found for key, found in self._versions.items() if key[0] != subject}
        return gone

    def _incompatible(self, subject: str, schema: Schema, conflict: ConflictError) -> IncompatibleSchemaError:
        return incompatible(subject, self, self._reasons(subject, schema) or [conflict.message])

    def _reasons(self, subject: str, schema: Schema) -> list[str]:
        """Why a schema is not compatible, by our own rules; servers often do not say."""
        versions = [self.version(subject, number) for number in self.versions(subject)]
        if any(each.schema.kind is not schema.kind for each in versions):
            return [f"the subject holds {versions[-1].schema.kind} schemas, this is {schema.kind}"]
        old = [(each.version, self._parsed(each.schema)) for each in versions]
        return obstacles(self._parsed(schema), old, self.compatibility(subject), schema.kind)

    def _parsed(self, schema: Schema) -> Any:
        return joined(schema, self) if schema.kind is SchemaKind.AVRO else loaded(schema.text, schema.kind)


def _quoted(subject: str) -> str:
    return quote(subject, safe="")


def _body(schema: Schema) -> dict[str, Any]:
    body: dict[str, Any] = {"schema": schema.text}
    if schema.kind is not SchemaKind.AVRO:
        body["schemaType"] = schema.kind.value
    if schema.references:
        body["references"] = [each._asdict() for each in schema.references]
    return body


def _schema(answer: Any) -> Schema:
    references = tuple(Reference(each["name"], each["subject"], each["version"]) for each in answer.get("references") or ())
    return Schema(_part(answer, "schema"), SchemaKind(answer.get("schemaType") or "AVRO"), references)


def _registered(answer: Any) -> Registered:
    return Registered(_part(answer, "subject"), int(_part(answer, "version")), int(_part(answer, "id")), _schema(answer))


def _level(answer: Any) -> Compatibility:
    return Compatibility(answer.get("compatibilityLevel") or _part(answer, "compatibility"))


def _part(answer: Any, name: str) -> Any:
    if isinstance(answer, dict) and name in answer:
        return answer[name]
    message = f"the schema registry's answer lacks {name!r}: {str(answer)[:200]}"
    raise RegistryError(message)
