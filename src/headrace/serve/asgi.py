"""The ASGI application, to be served by itself or mounted in another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headrace.core.errors import HeadraceError
from headrace.serve.openapi import openapi
from headrace.serve.operations import OperationEndpoints
from headrace.serve.refusals import as_json, refusal
from headrace.serve.stores import StoreEndpoints

if TYPE_CHECKING:
    from headrace.app.application import App


def asgi(app: App, *, control: bool = False) -> Starlette:
    """Queries, metrics, health and status of an application, as an ASGI application.

    To be mounted in one of yours: `fastapi.mount("/streams", asgi(app))`. Starting and closing the application stays with you.
    To answer quickly beside a busy processing thread, set `sys.setswitchinterval(0.0002)`; the option `serve` does so.

    Args:
        app: The application, running or not yet.
        control: Whether `POST /pause` and `POST /resume` are served. Only from this machine, whatever you put before it.
    """
    stores, operations = StoreEndpoints(app.queries), OperationEndpoints(app, control=control)

    async def document(_request: Request) -> Response:
        return as_json(openapi(app.config.app_id, app.queries.routing.specs, control=control))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await stores.forwarder.close()

    routes = [*stores.routes(), *operations.routes(), Route("/openapi.json", document)]
    return Starlette(routes=routes, exception_handlers={HeadraceError: refusal}, lifespan=lifespan)
