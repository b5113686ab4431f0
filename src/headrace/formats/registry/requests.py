"""Requests to a schema registry: repeated with growing pauses while it gives no answer."""

from __future__ import annotations

import threading
import time
from typing import Any, NoReturn

from headrace.core.errors import HeadraceError, RegistryError, RegistryUnavailableError, UnknownSchemaError
from headrace.formats.extras import required
from headrace.formats.registry.connection import RegistryConnection
from headrace.observe.events import event_logger

_log = event_logger("registry")

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_BUSY = 429
_NOT_LET_IN = (401, 403)
_NOT_FOUND = 404
_CONFLICT = 409


class ConflictError(HeadraceError):
    """The registry answered that a schema is not compatible."""


class Requests:
    """Sends one request at a time to the first address that answers; nothing is kept open in between."""

    def __init__(self, connection: RegistryConnection) -> None:
        self._http = required("httpx", "registry")
        self._connection = connection
        self._verify = connection.ssl_context()
        self._preferred = 0
        self._woken = threading.Event()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that answers a request.

        Raises:
            UnknownSchemaError: What is asked for is not there.
            ConflictError: A schema is not compatible.
            RegistryUnavailableError: No answer within `patience_s`.
            RegistryError: It is refused, or the answer is no JSON.
        """
        deadline = time.monotonic() + self._connection.patience_s
        pause, told = _FIRST_PAUSE_S, False
        while True:
            answer, problem = self._try_all(method, path, body)
            if answer is not None:
                if told:
                    _log.info("registry_answers_again", url=self._connection.url)
                return self._read(answer, method, path)
            if time.monotonic() + pause >= deadline:
                self._give_up(problem)
            if not told:
                _log.warning("registry_gives_no_answer", url=self._connection.url, problem=problem)
                told = True
            self._woken.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _try_all(self, method: str, path: str, body: Any) -> tuple[Any, str]:
        """The first answer that is one, beginning with the address that answered last."""
        urls, problem = self._connection.urls, ""
        settings: dict[str, Any] = {
            "auth": self._connection.auth(),
            "headers": self._connection.headers(),
            "timeout": self._connection.timeout_s,
            "verify": self._verify,
            "follow_redirects": True,
        }
        with self._http.Client(**settings) as client:
            for step in range(len(urls)):
                place = (self._preferred + step) % len(urls)
                try:
                    answer = client.request(method, urls[place] + path, json=body)
                except self._http.TransportError as error:
                    problem = f"{type(error).__name__}: {error}"
                    continue
                if answer.status_code < 500 and answer.status_code != _BUSY:
                    self._preferred = place
                    return answer, ""
                problem = f"status {answer.status_code}: {answer.text[:200]}"
        return None, problem

    def _read(self, answer: Any, method: str, path: str) -> Any:
        try:
            body = answer.json()
        except ValueError:
            body = None
        if answer.is_success and body is not None:
            return body
        told = body.get("message", answer.text) if isinstance(body, dict) else answer.text
        reason = f"status {answer.status_code}" + (f", {told[:500]}" if told and body is not None else "")
        if answer.status_code == _NOT_FOUND and isinstance(body, dict) and "error_code" in body:
            message = f"the schema registry does not have it: {reason} ({method} {path})"
            raise UnknownSchemaError(message)
        if answer.status_code == _CONFLICT:
            raise ConflictError(reason)
        if answer.status_code in _NOT_LET_IN:
            message = f"the schema registry {self._connection.url} lets nobody in with these credentials: {reason}"
            raise RegistryError(
                message, hint="check schema_registry_user_info, schema_registry_token or the client's certificate"
            )
        message = f"the schema registry {self._connection.url} cannot do {method} {path}: {reason}"
        hint = "is it the address of a registry with Confluent's interface? Apicurio's is /apis/ccompat/v7"
        raise RegistryError(message, hint=hint if body is None or answer.status_code == _NOT_FOUND else None)

    def _give_up(self, problem: str) -> NoReturn:
        connection = self._connection
        message = f"the schema registry {connection.url} gives no answer within {connection.patience_s:g} s: {problem}"
        raise RegistryUnavailableError(message, hint="is it running, and is its address right? Option schema_registry")
