"""Questions to tasks that are elsewhere, asked without blocking the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import httpx

from headrace.app.queries.local import Reply
from headrace.app.queries.peers import TIMEOUT_S, answered, away, call
from headrace.app.queries.view import Queries
from headrace.app.queries.wire import Answer, Question
from headrace.core.errors import LifecycleError, RebalancingError
from headrace.core.identifiers import TaskId


class Forwarder:
    """Asks here, and passes on what is missing. One per event loop.

    Args:
        queries: Knows what is here and who has the rest.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._client: httpx.AsyncClient | None = None

    async def here(self, question: Question) -> Reply:
        """What the tasks here answer.

        Raises:
            RebalancingError: They are made ready, or have just been given up.
        """
        found = self._queries.at_once(question)
        if found is not None:
            return found
        try:
            return await asyncio.wrap_future(self._queries.here(question))
        except LifecycleError as error:
            raise self._queries.over(error) from error

    async def ask(self, question: Question) -> Reply:
        """What all tasks answer that the question concerns.

        Raises:
            RebalancingError: One of them is nowhere to be found.
        """
        reply = await self.here(question)
        spec, refused = self._queries.routing.spec(question.store), set[str]()
        while servers := self._queries.elsewhere(question, reply, refused):
            for answer in await self._ask_all(servers, question):
                reply.take(spec, answer.parts)
            refused.update(servers)
        return reply

    async def close(self) -> None:
        """Gives up connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask_all(self, servers: Mapping[str, Sequence[TaskId]], question: Question) -> list[Answer]:
        answers = await asyncio.gather(*(self._ask_one(url, question, tasks) for url, tasks in servers.items()))
        return [answer for answer in answers if answer is not None]

    async def _ask_one(self, url: str, question: Question, tasks: Sequence[TaskId]) -> Answer | None:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_S)
        sent = call(url, question, tasks)
        try:
            response = await self._client.post(sent.url, content=sent.content, headers=sent.headers)
            return answered(url, response.status_code, response.content)
        except httpx.HTTPError as error:
            if question.stale:
                return None  # another holder may know
            raise away(url, error) from error
        except RebalancingError:
            if question.stale:
                return None
            raise
