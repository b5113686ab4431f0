"""The server of a running application, as commands ask it."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from headrace.cli.data import settings
from headrace.core.errors import ConfigurationError, HeadraceError

F = TypeVar("F", bound=Callable[..., Any])

_TIMEOUT_S = 5.0
_CONTROL_HEADER = "headrace-control"


class UnreachableError(HeadraceError):
    """No server answers where one should be."""


def url_option(command: F) -> F:
    """`--url`. Not given: the option serve of the environment or headrace.toml."""
    option = click.option(
        "--url",
        metavar="URL",
        help="Server of the application: http://127.0.0.1:8080, or 8080.  [default: HEADRACE_SERVE, serve in headrace.toml]",
    )
    return option(command)


def server_url(url: str | None, data: Path | None) -> str | None:
    """The address of the server, None if none is named."""
    if url is None:
        served = settings(data).serve
        return None if served is None else f"http://{served}"
    if url.isdecimal():
        return f"http://127.0.0.1:{url}"
    return url.rstrip("/") if "://" in url else f"http://{url.rstrip('/')}"


def required_url(url: str | None, data: Path | None) -> str:
    """The address of the server. Raises ConfigurationError if none is named."""
    found = server_url(url, data)
    if found is None:
        message = "which application? None is named"
        hint = 'run it with the option serve (-o serve=8080) and give --url 8080, or write serve = "8080" into headrace.toml'
        raise ConfigurationError(message, hint=hint)
    return found


def ask(url: str, path: str) -> Any:
    """What a server says at a path.

    Raises:
        UnreachableError: It does not answer.
        HeadraceError: It refuses.
    """
    return _sent(urllib.request.Request(url + path), url)


def tell(url: str, path: str) -> None:
    """Has a server do something. Raises as `ask` does."""
    _sent(urllib.request.Request(url + path, data=b"", method="POST", headers={_CONTROL_HEADER: "1"}), url)


def _sent(request: urllib.request.Request, url: str) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            body = response.read()
            return orjson.loads(body) if body else None
    except urllib.error.HTTPError as error:
        raise _refusal(url, error) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        message = f"no application answers at {url}: {reason}"
        raise UnreachableError(message, hint="is it running, with the option serve?") from error


def _refusal(url: str, error: urllib.error.HTTPError) -> HeadraceError:
    try:
        said = orjson.loads(error.read())
        return HeadraceError(said["message"], hint=said.get("hint"))
    except (ValueError, KeyError, TypeError):
        return HeadraceError(f"{url} answers with status {error.code}: {error.reason}", hint="is that a server of Headrace?")
