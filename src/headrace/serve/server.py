"""The server of an application: an event loop in a thread of its own."""

from __future__ import annotations

import socket
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

import uvicorn

from headrace.core.errors import ConfigurationError
from headrace.observe.events import event_logger
from headrace.serve.asgi import asgi

if TYPE_CHECKING:
    from headrace.app.application import App

_SWITCH_INTERVAL_S = 0.0002
"""How long a busy thread keeps Python to itself. With the default of 5 ms each answer waits that long beside a busy worker."""

_BACKLOG = 128
_EVERYWHERE = {"0.0.0.0", "::"}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_log = event_logger("serve")


class Server:
    """Serves while its context is open.

    Args:
        app: The application.
        address: host:port; port 0 takes one that is free.

    Raises:
        ConfigurationError: The address cannot be listened at.
    """

    def __init__(self, app: App, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._host = host.strip("[]")
        self._app = app
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # With the protocol named, asyncio sets TCP_NODELAY; else each answer waits 40 ms for an acknowledgement.
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((self._host, int(port)))
            self._socket.listen(_BACKLOG)
        except OSError as error:
            self._socket.close()
            message = f"serve={address!r}: {error.strerror or error}"
            raise ConfigurationError(message, hint="choose another port, or find out who listens there") from error
        self._server = uvicorn.Server(
            uvicorn.Config(
                asgi(app, control=self._host in _LOOPBACK),
                log_config=None,
                log_level="warning",
                access_log=False,
                lifespan="on",
                timeout_graceful_shutdown=1,
                proxy_headers=False,
                server_header=False,
                date_header=False,
            )
        )
        self._thread = threading.Thread(target=self._run, name=f"headrace-serve-{app.config.app_id}", daemon=True)
        self._switch_interval_s = sys.getswitchinterval()

    @property
    def url(self) -> str:
        """Where it is reached: at its host, or at this machine's name if it listens at every address."""
        host = socket.gethostname() if self._host in _EVERYWHERE else self._host
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        sys.setswitchinterval(min(_SWITCH_INTERVAL_S, self._switch_interval_s))
        self._app.url = self.url
        self._thread.start()
        _log.info("serving", app=self._app.config.app_id, url=self.url)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self._app.url = None
        sys.setswitchinterval(self._switch_interval_s)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
