"""Lets the events of a storm happen to instances and brokers."""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import count

from support.members import Members
from support.storms.brokers import Brokers, Outage
from support.storms.events import Event, Kind
from support.storms.progress import ProgressSeries

_MOST = 5
_STALLED_S = 180.0


class Storm:
    """The events by the progress of the work; what was done is undone in time, maybe after the next event.

    At least one instance is always left alone, and at most one broker is away.
    """

    def __init__(self, members: Members, brokers: Brokers, progress: ProgressSeries) -> None:
        self._members = members
        self._brokers = brokers
        self._progress = progress
        self._began = time.monotonic()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._free: list[str] = []
        self._hit: set[str] = set()
        self._outage: Future[None] | None = None
        self.told: list[str] = []

    @property
    def names(self) -> list[str]:
        """All instances that there are now, or will be again."""
        return sorted([*self._free, *self._hit])

    def run(self, instances: Iterable[str], events: Iterable[Event], done: Callable[[], bool]) -> None:
        """Starts instances, lets all events happen, and waits until all is undone and the work is done."""
        with ThreadPoolExecutor(1) as self._apart:
            for name in instances:
                self._start(name)
            for event in events:
                self._wait(partial(self._is_time_for, event))
                self._happen(event)
            self._wait(lambda: not self._due and self._outage is None and done())

    def _wait(self, condition: Callable[[], bool]) -> None:
        while not condition():
            while self._due and self._due[0][0] <= time.monotonic():
                heapq.heappop(self._due)[2]()
            self._look_for_broker()
            self._members.require_alive()
            if self._progress.quiet_s() > _STALLED_S:
                self._members.fail(f"nothing has gone on for {_STALLED_S:g} s\n" + "\n".join(self.told))
            time.sleep(0.05)

    def _is_time_for(self, event: Event) -> bool:
        if self._progress.share < event.at:
            return False
        if event.kind is Kind.JOIN:
            return True
        return self._outage is None if event.kind is Kind.BROKER else len(self._free) > 1

    def _happen(self, event: Event) -> None:
        if event.kind is Kind.BROKER:
            self._hit_broker(event)
        elif event.kind is Kind.JOIN:
            self._join(event)
        else:
            self._hit_instance(event)

    def _hit_broker(self, event: Event) -> None:
        name, how = random.Random(event.choice).choice([(name, how) for name in self._brokers.names for how in Outage])
        self._tell(f"broker {name} is {how}, for {event.lasts_s:.1f} s")
        self._outage = self._apart.submit(self._brokers.outage, name, event.lasts_s, how)

    def _look_for_broker(self) -> None:
        if self._outage is not None and self._outage.done():
            self._outage.result()
            self._outage = None
            self._tell("the broker is back")

    def _join(self, event: Event) -> None:
        """A new instance; where there are many already, one leaves for it."""
        if len(self.names) >= _MOST and self._free:
            leaving = event.among(self._free)
            self._free.remove(leaving)
            self._tell(f"{leaving} is stopped for good")
            assert self._members.stop(leaving) == 0
        name = f"new-{len(self.told)}"
        self._tell(f"{name} joins")
        self._start(name)

    def _hit_instance(self, event: Event) -> None:
        name = event.among(self._free)
        self._free.remove(name)
        self._hit.add(name)
        self._tell(f"{name}: {event.kind}, for {event.lasts_s:.1f} s")
        if event.kind is Kind.KILL:
            self._members.kill(name)
        elif event.kind is Kind.PAUSE:
            self._members.pause(name)
        else:
            assert self._members.stop(name) == 0, self._members.output(name)

        def undo() -> None:
            self._hit.remove(name)
            if event.kind is Kind.PAUSE:
                self._members.go_on(name)
                self._free.append(name)
            else:
                self._start(name)
            self._tell(f"{name} is back")

        self._later(event, undo)

    def _start(self, name: str) -> None:
        self._members.start(name)
        self._free = sorted([*self._free, name])

    def _later(self, event: Event, step: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + event.lasts_s, next(self._order), step))

    def _tell(self, what: str) -> None:
        line = f"{time.monotonic() - self._began:6.1f} s {self._progress.share:5.1%} {what}"
        self.told.append(line)
        print(line, flush=True)
