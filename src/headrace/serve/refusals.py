"""Errors as answers: a status, and JSON with type, message and hint."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from headrace.core.errors import (
    ConfigurationError,
    HeadraceError,
    LifecycleError,
    RebalancingError,
    SerializationError,
    StateError,
    UnknownStoreError,
)

RETRY_AFTER_S = 1
_BAD_REQUEST, _NOT_FOUND, _UNAVAILABLE, _FAILED = 400, 404, 503, 500
_STATUS: tuple[tuple[type[HeadraceError], int], ...] = (
    (UnknownStoreError, _NOT_FOUND),
    (RebalancingError, _UNAVAILABLE),
    (LifecycleError, _UNAVAILABLE),
    (StateError, _BAD_REQUEST),
    (SerializationError, _BAD_REQUEST),
    (ConfigurationError, _BAD_REQUEST),
)


class NotFoundError(HeadraceError):
    """A store has nothing for a key."""


def as_json(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    body = orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, headers, media_type="application/json")


async def refusal(_request: Request, error: Exception) -> Response:
    """The answer to what raised an error."""
    assert isinstance(error, HeadraceError)
    status = _NOT_FOUND if isinstance(error, NotFoundError) else _FAILED
    status = next((code for cls, code in _STATUS if isinstance(error, cls)), status)
    headers = {"retry-after": str(RETRY_AFTER_S)} if status == _UNAVAILABLE else None
    document = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    return as_json(document, status, headers)
