"""The query server of an application that has the option `serve`, for as long as it lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headrace.core.errors import ConfigurationError

if TYPE_CHECKING:
    from headrace.app.application import App


@contextmanager
def serving(app: App) -> Iterator[None]:
    """Serves while the context is open, if the application is to be served.

    Raises:
        ConfigurationError: The address is taken, or what serving needs is not installed.
    """
    address = app.config.serve
    if address is None:
        yield
        return
    try:
        from headrace.serve.server import Server  # noqa: PLC0415 - only those who serve need it
    except ImportError as error:
        message = f"serve={address!r} needs {error.name}, which is not installed"
        raise ConfigurationError(message, hint="pip install 'headrace[serve]'") from error
    with Server(app, address):
        yield
