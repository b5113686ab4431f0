"""Endpoints for those who run an application: health, metrics, status, topology, pause and resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from headrace.app.status import StatusReport, healthy, ready
from headrace.core.errors import ConfigurationError
from headrace.observe.prometheus import CONTENT_TYPE, exposition
from headrace.serve.refusals import RETRY_AFTER_S, as_json
from headrace.topology.draw_svg import draw_svg

if TYPE_CHECKING:
    from headrace.app.application import App

CONTROL_HEADER = "headrace-control"
"""Needed to change anything: a web page that somebody looks at on this machine cannot send it to another origin."""

_OWN_HOSTS = {"127.0.0.1", "localhost", "::1", "testserver"}


class OperationEndpoints:
    """How it goes, over HTTP.

    Args:
        app: The application.
        control: Whether pause and resume are served.
    """

    def __init__(self, app: App, *, control: bool) -> None:
        self._app = app
        self._control = control
        self._report = StatusReport(app)

    def routes(self) -> list[Route]:
        """All of them."""
        found = [
            Route("/healthz", self.health),
            Route("/readyz", self.readiness),
            Route("/metrics", self.metrics),
            Route("/status", self.status),
            Route("/topology", self.topology),
        ]
        if self._control:
            found += [Route("/pause", self.pause, methods=["POST"]), Route("/resume", self.resume, methods=["POST"])]
        return found

    async def health(self, _request: Request) -> Response:
        """200 while there is progress or nothing to do, 503 when it hangs, starves or has failed."""
        good, why = healthy(self._app)
        return as_json({"healthy": good, "why": why}, 200 if good else 503)

    async def readiness(self, _request: Request) -> Response:
        """200 when it is RUNNING and all stores are restored."""
        good = ready(self._app)
        headers = None if good else {"retry-after": str(RETRY_AFTER_S)}
        return as_json({"ready": good, "state": self._app.state.name}, 200 if good else 503, headers)

    async def metrics(self, _request: Request) -> Response:
        """All metrics for Prometheus."""
        text = exposition(self._app.metrics.snapshot(), (("app", self._app.config.app_id),))
        return Response(text, media_type=CONTENT_TYPE)

    async def status(self, _request: Request) -> Response:
        """Tasks, lag, rates, restores."""
        return as_json(self._report.document())

    async def topology(self, _request: Request) -> Response:
        """The topology as a picture."""
        return Response(draw_svg(self._app.topology), media_type="image/svg+xml")

    async def pause(self, request: Request) -> Response:
        """Stops processing; what was done is committed."""
        _check_control(request)
        self._app.pause()
        return PlainTextResponse("", 204)

    async def resume(self, request: Request) -> Response:
        """Goes on."""
        _check_control(request)
        self._app.resume()
        return PlainTextResponse("", 204)


def _check_control(request: Request) -> None:
    host = request.url.hostname
    if CONTROL_HEADER not in request.headers or host not in _OWN_HOSTS:
        message = "this changes what the application does: it is for this machine only"
        raise ConfigurationError(message, hint=f"call it as localhost, with a header {CONTROL_HEADER}: 1")
