"""Python's garbage collector and large caches: what lives long is not scanned again and again."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (50_000, 20, 100)


class _Users:
    """Workers of this process for which the collector is set up: the last one puts it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._before = gc.get_threshold()

    def enter(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == 1:
                self._before = gc.get_threshold()
            # All generations, though it takes 20 ms: garbage that was frozen would stay, and Kafka clients among it keep
            # threads and thread-local keys, of which a process has 1,024.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*_THRESHOLDS)

    def leave(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                gc.set_threshold(*self._before)
                gc.unfreeze()


_users = _Users()


@contextmanager
def frozen_objects(policy: str) -> Iterator[None]:
    """With the policy `freeze`: takes all that exists now out of collection, and collects more rarely, until the end."""
    if policy != "freeze":
        yield
        return
    _users.enter()
    try:
        yield
    finally:
        _users.leave()
