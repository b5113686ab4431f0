"""`app.query("store")`: a store over all instances of an application."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from headrace.app.queries.local import GLOBAL, Reply, answer, glance, missing
from headrace.app.queries.peers import Patiently, Peers
from headrace.app.queries.reading import Wanted
from headrace.app.queries.routing import Routing
from headrace.app.queries.wire import Question
from headrace.core.errors import HeadraceError, LifecycleError, RebalancingError
from headrace.core.identifiers import TaskId
from headrace.core.time import Duration, to_ms
from headrace.core.windows import END_OF_TIME
from headrace.runtime.topics import TopicLayout
from headrace.runtime.worker import Worker
from headrace.state.spec import StoreSpec

Now = Callable[[], tuple[Worker | None, TopicLayout]]
"""Who holds the tasks now (None while they are made ready), and the layout of topics.

Raises RebalancingError while that is not known yet, LifecycleError if nothing runs.
"""


class Queries:
    """Asks the tasks of this instance; finds out who else has to be asked."""

    def __init__(self, routing: Routing, now: Now) -> None:
        self.routing = routing
        self.now = now
        self.peers = Peers()

    def question(
        self, store: str, wanted: Wanted, *, read: str = "latest", limit: int | None = None, stale: bool = False
    ) -> Question:
        """A question to the tasks that it concerns."""
        return self.routing.question(self.routing.spec(store), wanted, self.now()[1], read=read, limit=limit, stale=stale)

    def here(self, question: Question) -> Future[Reply]:
        """What the tasks here answer, between two chunks of records."""
        worker, _ = self.now()
        spec = self.routing.spec(question.store)
        if worker is None:
            return _nothing()
        return worker.submit(lambda: answer(worker, spec, question))

    def at_once(self, question: Question) -> Reply | None:
        """The answer for one key of a table that is here, without asking the processing thread; None if that is needed."""
        worker, _ = self.now()
        return None if worker is None else glance(worker, self.routing.spec(question.store), question)

    def elsewhere(self, question: Question, reply: Reply, refused: set[str]) -> dict[str, list[TaskId]]:
        """Which servers have to be asked about what. Raises RebalancingError if one that is needed is not known."""
        found: dict[str, list[TaskId]] = defaultdict(list)
        if question.store in self.routing.global_specs and GLOBAL not in reply.lags:
            return {self.routing.anybody(question.store, self.now()[1], refused): []}
        for task in missing(question, reply):
            url = self.routing.holder(task, stale=question.stale, refused=refused).url
            assert url is not None
            found[url].append(task)
        return found

    def ask(self, question: Question) -> Reply:
        """Asks everyone, and waits for the answers.

        Raises:
            RebalancingError: A task that is needed is nowhere to be found.
        """
        reply = self._settled(self.here(question))
        spec, refused = self.routing.spec(question.store), set[str]()
        while servers := self.elsewhere(question, reply, refused):
            for url, tasks in servers.items():
                self._ask_peer(url, question, tasks, spec, reply)
            refused.update(servers)
        return reply

    def _ask_peer(self, url: str, question: Question, tasks: list[TaskId], spec: StoreSpec, reply: Reply) -> None:
        try:
            reply.take(spec, self.peers.ask(url, question, tasks).parts)
        except RebalancingError:
            if not question.stale:
                raise

    def _settled(self, future: Future[Reply]) -> Reply:
        try:
            return future.result()
        except LifecycleError as error:
            raise self.over(error) from error

    def over(self, error: LifecycleError) -> HeadraceError:
        """What to tell who asked when the tasks went away before they had answered."""
        try:
            self.now()
        except LifecycleError:
            return error
        except HeadraceError as rebalancing:
            return rebalancing
        return RebalancingError(error.message, hint="try again")


def _nothing() -> Future[Reply]:
    """The answer while nothing is ready here: others may have what is wanted."""
    future: Future[Reply] = Future()
    future.set_result(Reply())
    return future


class QueryView:
    """A store of an application, read-only, whichever instance has the key.

    Values are as processors see them: `ValueAndTimestamp` in tables, `VersionedRecord` in versioned stores, plain in others.
    Every method raises RebalancingError (retriable) while a task that is needed moves or is restored, if that takes longer than
    `timeout`; LifecycleError if the application does not run; StateError if a store of this kind cannot be asked that.

    Attributes:
        lag: Changelog records that the copies behind the last answer were behind, added up; more than 0 with `stale` only.
    """

    def __init__(self, queries: Queries, name: str, *, read: str, stale: bool, timeout: Duration) -> None:
        self._queries = queries
        self._spec = queries.routing.spec(name)
        self._read = read
        self._stale = stale
        self._timeout_s = to_ms(timeout) / 1000
        self.lag = 0

    def get(self, key: Any, as_of: int | None = None) -> Any:
        """The value of a key, or None; of a versioned store also as of a time (ms). For windows and sessions: `windows`."""
        entries = self._ask(Wanted(verb="get", key=key, as_of=as_of)).entries
        return entries[0].value if entries else None

    def range(self, low: Any = None, high: Any = None, limit: int | None = None) -> list[tuple[Any, Any]]:
        """(key, value) with keys from low to high in byte order, both inclusive, task by task, at most `limit`."""
        return self._entries(Wanted(verb="range", low=low, high=high), limit)

    def all(self, limit: int | None = None) -> list[tuple[Any, Any]]:
        """(key, value) of all entries, task by task, at most `limit`."""
        return self.range(limit=limit)

    def prefix(self, prefix: Any, limit: int | None = None) -> list[tuple[Any, Any]]:
        """(key, value) with keys whose bytes begin with those of `prefix`."""
        return self._entries(Wanted(verb="prefix", key=prefix), limit)

    def windows(
        self, key: Any = None, since: int = 0, until: int = END_OF_TIME, limit: int | None = None
    ) -> list[tuple[Any, Any]]:
        """(windowed key, value) of windows that start, or sessions that lie, between two times in ms; of one key or of all."""
        return self._entries(Wanted(verb="windows", key=key, since=since, until=until), limit)

    def count(self) -> int:
        """About how many entries there are in all."""
        return self._ask(Wanted(verb="count")).count

    def _entries(self, wanted: Wanted, limit: int | None) -> list[tuple[Any, Any]]:
        return [(entry.key, entry.value) for entry in self._ask(wanted, limit).entries[:limit]]

    def _ask(self, wanted: Wanted, limit: int | None = None) -> Reply:
        patiently = Patiently(self._timeout_s)
        while True:
            try:
                question = self._queries.question(self._spec.name, wanted, read=self._read, limit=limit, stale=self._stale)
                reply = self._queries.ask(question)
            except RebalancingError as error:
                patiently.bear(error)
            else:
                self.lag = sum(reply.lags.values())
                return reply
