"""A schema registry's REST interface over an embedded registry: what a client needs, without Java."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from headrace.core.errors import IncompatibleSchemaError, UnknownSchemaError
from headrace.formats.registry import Compatibility, EmbeddedRegistry, Reference, Registered, Schema, SchemaKind


class RegistryServer:
    """Serves a registry. `refuse` makes the next requests fail with a status; `requests` are those that came."""

    def __init__(self) -> None:
        self.registry = EmbeddedRegistry()
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.refuse: list[int] = []
        self.url = ""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        for pattern, respond in self._routes():
            found = re.fullmatch(pattern, f"{method} {path}")
            if found:
                try:
                    return 200, respond(*(unquote(part) for part in found.groups()), body)
                except UnknownSchemaError as error:
                    return 404, {"error_code": 40401, "message": error.message}
                except IncompatibleSchemaError as error:
                    return 409, {"error_code": 409, "message": error.message}
        if path.startswith("/associations/"):  # newer servers have them, and clients ask; 404 is what older ones say
            return 404, {"error_code": 404, "message": "not found"}
        return 405, {"error_code": 405, "message": "no such thing"}

    def _routes(self) -> list[tuple[str, Callable[..., Any]]]:
        registry = self.registry
        return [
            (r"GET /subjects", lambda _: registry.subjects()),
            (r"GET /subjects/([^/]+)/versions", lambda subject, _: registry.versions(subject)),
            (r"GET /subjects/([^/]+)/versions/latest", lambda subject, _: described(registry.version(subject))),
            (r"GET /subjects/([^/]+)/versions/(\d+)", lambda subject, n, _: described(registry.version(subject, int(n)))),
            (r"POST /subjects/([^/]+)/versions", lambda subject, body: {"id": registry.register(subject, schema_of(body))}),
            (r"POST /subjects/([^/]+)", lambda subject, body: described(registry.find(subject, schema_of(body)))),
            (r"DELETE /subjects/([^/]+)", lambda subject, _: registry.delete(subject)),
            (r"GET /schemas/ids/(\d+)", lambda n, _: written(registry.by_id(int(n)))),
            (r"POST /compatibility/subjects/([^/]+)/versions", self._check),
            (r"GET /config(?:/([^/]+))?", lambda subject, _=None: {"compatibilityLevel": registry.compatibility(subject)}),
            (r"PUT /config/([^/]+)", self._set_rule),
        ]

    def _set_rule(self, subject: str, body: Any) -> Any:
        self.registry.set_compatibility(Compatibility(body["compatibility"]), subject)
        return body

    def _check(self, subject: str, body: Any) -> Any:
        return {"is_compatible": not self.registry.check(subject, schema_of(body))}


def described(found: Registered) -> dict[str, Any]:
    return {"subject": found.subject, "version": found.version, "id": found.id, **written(found.schema)}


def written(schema: Schema) -> dict[str, Any]:
    return {"schema": schema.text, "schemaType": schema.kind, "references": [each._asdict() for each in schema.references]}


def schema_of(body: Any) -> Schema:
    references = tuple(Reference(**each) for each in body.get("references", ()))
    return Schema(body["schema"], SchemaKind(body.get("schemaType", "AVRO")), references)


@contextmanager
def registry_server(port: int = 0, wrap: Callable[[Any], Any] = lambda socket: socket) -> Iterator[RegistryServer]:
    """Serves on a port of its own. `wrap` makes a TLS socket of the listening one."""
    served = RegistryServer()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            served.requests.append((self.command, self.path))
            served.headers.append(dict(self.headers))
            if served.refuse:
                status, answer = served.refuse.pop(0), {"error_code": 1, "message": "refused"}
            else:
                status, answer = served.answer(self.command, urlsplit(self.path).path, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the base class's names

        def log_message(self, *_arguments: object) -> None:
            """Nothing on the console."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.socket = wrap(server.socket)
        served.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
            served.registry.close()
