"""A client whose calls come to an end, whatever librdkafka does.

`send_offsets_to_transaction` of librdkafka (up to 2.16) does not keep its time-out: when the group's coordinator is stopped at
the wrong moment it waits for ever (issues 5456 and 5511 of confluentinc/librdkafka).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue

from confluent_kafka import Producer

from headrace.log.kafka.producing import closed, told


class OverdueError(Exception):
    """A call has not returned in time; its client is lost."""


class GuardedClient:
    """Makes the calls that may hang in a thread of its own, so that whoever asked for one can go on without it.

    Args:
        producer: The client; it is closed here.
    """

    def __init__(self, producer: Producer) -> None:
        self.producer = producer
        self._lost = False
        self._calls: SimpleQueue[tuple[Future[None], Callable[[], None]] | None] = SimpleQueue()
        threading.Thread(target=self._run, name="headrace-transactions", daemon=True).start()

    def call(self, step: Callable[[], None], longest_s: float) -> None:
        """Makes one call.

        Raises:
            OverdueError: It has not returned after so many seconds. The client must not be used any more.
            Exception: What the call raises.
        """
        answer: Future[None] = Future()
        self._calls.put((answer, step))
        try:
            wait([answer], longest_s)
        finally:  # also if the waiting was interrupted: a client must not be closed while a call is under way
            self._lost = not answer.done()
        if self._lost:
            raise OverdueError
        answer.result()

    def close(self) -> None:
        """Takes the reports that have come, and closes the client; a lost one when its call returns, if it does."""
        self._calls.put(None)
        if not self._lost:
            told(self.producer)
            closed(self.producer)

    def _run(self) -> None:
        while (asked := self._calls.get()) is not None:
            answer, step = asked
            try:
                step()
            except BaseException as error:  # it is raised where the answer is waited for
                answer.set_exception(error)
            else:
                answer.set_result(None)
        if self._lost:
            closed(self.producer)
