"""Endpoints of stores."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headrace.app.queries.local import GLOBAL, Reply
from headrace.app.queries.peers import ANSWER_TYPE
from headrace.app.queries.reading import BUFFERS, Wanted
from headrace.app.queries.view import Queries
from headrace.app.queries.wire import FORWARD_PATH, FORWARDED, Answer, Question
from headrace.core.errors import ConfigurationError, RebalancingError, StateError
from headrace.core.identifiers import TaskId
from headrace.core.windows import END_OF_TIME
from headrace.runtime.directory import Role
from headrace.serve import parameters
from headrace.serve.forwarding import Forwarder
from headrace.serve.refusals import NotFoundError, as_json
from headrace.state.spec import StoreKind, StoreSpec

_MANY_OF_A_KEY = {StoreKind.WINDOW, StoreKind.TIMESTAMPED_WINDOW, StoreKind.SESSION}

WantedOf = Callable[[Request, StoreSpec], Wanted]


class StoreEndpoints:
    """Reads stores over HTTP.

    Args:
        queries: The application's.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self.forwarder = Forwarder(queries)

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/stores/{name}/get", self.get),  # first: routes are tried in turn, and this one is asked for most
            Route("/stores", self.stores),
            Route("/stores/{name}/range", self._listing(_range)),
            Route("/stores/{name}/prefix", self._listing(_prefix)),
            Route("/stores/{name}/windows", self._listing(_windows)),
            Route("/stores/{name}/count", self.count),
            Route("/owner", self.owner),
            Route(FORWARD_PATH, self.forward, methods=["POST"]),
        ]

    async def stores(self, _request: Request) -> Response:
        """The stores that can be read, with what is here of them."""
        _, layout = self._queries.now()
        routing, rows = self._queries.routing, []
        for name, spec in routing.specs.items():
            if spec.kind in BUFFERS:
                continue
            tasks = routing.tasks(name, layout)
            reply = await self._counted(spec, tasks)
            here = [] if reply is None else list(reply.counts)
            role = Role.ACTIVE.value if here or reply is None else None
            rows.append(
                {
                    "name": name,
                    "kind": spec.kind.value,
                    "key": repr(spec.key_format),
                    "value": repr(spec.value_format),
                    "entries": None if reply is None else reply.count,
                    "tasks": [str(task) for task in tasks] or [GLOBAL],
                    "here": here,
                    "role": role,
                }
            )
        return as_json({"stores": rows})

    async def get(self, request: Request) -> Response:
        """What a store has for a key."""
        spec = self._spec(request)
        wanted = Wanted(
            verb="get",
            key=parameters.key(request, spec, "key", needed=True),
            as_of=parameters.optional_number(request, "as_of"),
        )
        reply = await self._ask(request, wanted)
        if not reply.entries:
            message = f"store {spec.name!r} has nothing for {request.query_params['key']!r}"
            raise NotFoundError(message)
        if spec.kind in _MANY_OF_A_KEY:
            return _entries(reply, parameters.number(request, "limit", parameters.MOST, least=1))
        return as_json(reply.entries[0].document() | {"lag": sum(reply.lags.values())})

    async def count(self, request: Request) -> Response:
        """About how many entries there are, in all tasks."""
        self._spec(request)
        reply = await self._ask(request, Wanted(verb="count"))
        return as_json({"count": reply.count, "tasks": reply.counts, "lag": sum(reply.lags.values())})

    async def owner(self, request: Request) -> Response:
        """The task that has a key, and the instance that has the task."""
        spec = self._queries.routing.spec(request.query_params.get("store", ""))
        _, layout = self._queries.now()
        wanted = Wanted(verb="get", key=parameters.key(request, spec, "key", needed=True))
        question = self._queries.routing.question(spec, wanted, layout, read="latest", limit=None, stale=False)
        if len(question.tasks) != 1:
            where = "every instance has all keys" if spec.name in self._queries.routing.global_specs else "any task may have it"
            message = f"no single task owns a key of store {spec.name!r}: {where}"
            raise StateError(message, hint="ask any instance for the key")
        (task,) = question.task_ids()
        here = str(task) in (await self.forwarder.here(question)).lags
        holders = [{"url": holder.url, "role": holder.role.value} for holder in self._queries.routing.directory.holders(task)]
        if not here and not holders:
            self._queries.routing.holder(task, stale=True)
        return as_json({"store": spec.name, "partition": task.partition, "task": str(task), "here": here, "instances": holders})

    async def forward(self, request: Request) -> Response:
        """A question of another instance about tasks that should be here."""
        if FORWARDED not in request.headers:
            message = f"this is for other instances, which send the header {FORWARDED}"
            raise ConfigurationError(message, hint="ask /stores/NAME/get?key=KEY")
        try:
            question = msgspec.msgpack.decode(await request.body(), type=Question)
        except msgspec.MsgspecError as error:
            message = f"no question: {error}"
            raise ConfigurationError(message) from error
        spec = self._queries.routing.spec(question.store)
        reply = await self.forwarder.here(question)
        parts = reply.parts(spec)
        gone = [str(task) for task in question.task_ids() if str(task) not in parts]
        if gone:
            message = f"task {', '.join(gone)} is not here"
            raise RebalancingError(message, hint="try again")
        return Response(msgspec.msgpack.encode(Answer(parts)), media_type=ANSWER_TYPE)

    def _listing(self, wanted_of: WantedOf) -> Callable[[Request], Awaitable[Response]]:
        async def listing(request: Request) -> Response:
            limit = parameters.number(request, "limit", parameters.MOST, least=1)
            wanted = wanted_of(request, self._spec(request))
            return _entries(await self._ask(request, wanted, limit + 1), limit)

        return listing

    async def _counted(self, spec: StoreSpec, tasks: list[TaskId]) -> Reply | None:
        """Entries as of the last commit, which engines know without counting; None where they do not."""
        if spec.kind is StoreKind.VERSIONED or spec.kind in _MANY_OF_A_KEY:
            return None
        return await self.forwarder.here(Question(store=spec.name, verb="count", tasks=tuple(tasks), read="committed"))

    def _spec(self, request: Request) -> StoreSpec:
        return self._queries.routing.spec(request.path_params["name"])

    async def _ask(self, request: Request, wanted: Wanted, limit: int | None = None) -> Reply:
        name: str = request.path_params["name"]
        read, stale = parameters.read(request), parameters.truth(request, "stale")
        return await self.forwarder.ask(self._queries.question(name, wanted, read=read, limit=limit, stale=stale))


def _range(request: Request, spec: StoreSpec) -> Wanted:
    low, high = (parameters.key(request, spec, name) for name in ("from", "to"))
    return Wanted(verb="range", low=low, high=high)


def _prefix(request: Request, spec: StoreSpec) -> Wanted:
    return Wanted(verb="prefix", key=parameters.key(request, spec, "prefix", needed=True))


def _windows(request: Request, spec: StoreSpec) -> Wanted:
    since, until = parameters.number(request, "from", 0), parameters.number(request, "to", END_OF_TIME)
    return Wanted(verb="windows", key=parameters.key(request, spec, "key"), since=since, until=until)


def _entries(reply: Reply, limit: int) -> Response:
    documents: list[dict[str, Any]] = [entry.document() for entry in reply.entries[:limit]]
    more = len(reply.entries) > limit
    return as_json({"entries": documents, "more": more, "lag": sum(reply.lags.values())})
