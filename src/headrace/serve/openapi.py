"""The OpenAPI document of the server, written out: the endpoints are few, and their stores the application's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from headrace.app.queries.reading import BUFFERS
from headrace.state.spec import StoreSpec

_ENTRY = {
    "type": "object",
    "required": ["key", "value", "task"],
    "properties": {
        "key": {},
        "value": {},
        "timestamp": {"type": "integer", "description": "Of the last change, in ms."},
        "start": {"type": "integer", "description": "Of the window or session, in ms."},
        "end": {"type": "integer"},
        "valid_to": {"type": ["integer", "null"], "description": "Versioned stores: until when, in ms."},
        "task": {"type": "string"},
        "lag": {"type": "integer", "description": "Changelog records that copies behind the answer are behind."},
    },
}
_ENTRIES = {
    "type": "object",
    "required": ["entries", "more", "lag"],
    "properties": {
        "entries": {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}},
        "more": {"type": "boolean", "description": "Whether there is more than the limit."},
        "lag": {"type": "integer"},
    },
}
_ERROR = {
    "type": "object",
    "required": ["error", "message"],
    "properties": {
        "error": {"type": "string", "description": "A type such as UnknownStoreError or RebalancingError."},
        "message": {"type": "string"},
        "hint": {"type": ["string", "null"]},
    },
}


def openapi(title: str, specs: Mapping[str, StoreSpec], *, control: bool) -> dict[str, Any]:
    """The document for an application's server."""
    stores = [name for name, spec in specs.items() if spec.kind not in BUFFERS]
    paths = {**_store_paths(stores), **_operation_paths()}
    if control:
        paths |= {f"/{verb}": {"post": _operation(f"{verb.title()} processing", {}, [])} for verb in ("pause", "resume")}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version("headrace")},
        "paths": paths,
        "components": {"schemas": {"Entry": _ENTRY, "Entries": _ENTRIES, "Error": _ERROR}},
    }


def _store_paths(stores: list[str]) -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "enum": stores}}
    reading = [
        name,
        _query("read", "What reads see.", {"type": "string", "enum": ["latest", "committed"], "default": "latest"}),
        _query("stale", "Whether standbys may answer.", {"type": "boolean", "default": False}),
    ]
    limited = [*reading, _query("limit", "Most entries.", {"type": "integer", "minimum": 1, "default": 1000})]
    key = _query("key", "Text, a number, JSON, or 0x... for bytes, as the store's format has it.", {"type": "string"})
    since, until = (_query(bound, "Start of windows, in ms.", {"type": "integer"}) for bound in ("from", "to"))
    low, high = (_query(bound, "A key, itself included.", {"type": "string"}) for bound in ("from", "to"))
    entries = {"$ref": "#/components/schemas/Entries"}
    entry = {"oneOf": [{"$ref": "#/components/schemas/Entry"}, entries]}
    as_of = _query("as_of", "Versioned stores: the value at this time, in ms.", {"type": "integer"})
    counted = {"type": "object", "properties": {"count": {"type": "integer"}, "tasks": {"type": "object"}}}
    return {
        "/stores": {"get": _operation("The stores", {"type": "object"}, [])},
        "/stores/{name}/get": {"get": _operation("What is there for a key", entry, [*reading, _needed(key), as_of])},
        "/stores/{name}/range": {"get": _operation("Entries between two keys", entries, [*limited, low, high])},
        "/stores/{name}/prefix": {
            "get": _operation("Entries by prefix", entries, [*limited, _needed(_query("prefix", "", {"type": "string"}))])
        },
        "/stores/{name}/windows": {"get": _operation("Windows or sessions", entries, [*limited, key, since, until])},
        "/stores/{name}/count": {"get": _operation("About how many entries there are", counted, reading)},
        "/owner": {
            "get": _operation(
                "Who has a key",
                {"type": "object"},
                [_needed(_query("store", "", {"type": "string", "enum": stores})), _needed(key)],
            )
        },
    }


def _operation_paths() -> dict[str, Any]:
    plain = {
        "/status": ("Tasks, lag, rates, restores", {"type": "object"}),
        "/healthz": ("Whether there is progress", {"type": "object"}),
        "/readyz": ("Whether it is running and restored", {"type": "object"}),
    }
    paths: dict[str, Any] = {path: {"get": _operation(summary, schema, [])} for path, (summary, schema) in plain.items()}
    for path, summary, kind in (("/metrics", "For Prometheus", "text/plain"), ("/topology", "A picture", "image/svg+xml")):
        paths[path] = {"get": {"summary": summary, "responses": {"200": {"description": summary, "content": {kind: {}}}}}}
    return paths


def _operation(summary: str, schema: Mapping[str, Any], parameters: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": summary, "content": {"application/json": {"schema": schema}}},
            "400": {"description": "A parameter is wrong", **error},
            "404": {"description": "There is no such store, or nothing for the key", **error},
            "503": {
                "description": "Rebalancing, try again",
                "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                **error,
            },
        },
    }


def _query(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _needed(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {**parameter, "required": True}
