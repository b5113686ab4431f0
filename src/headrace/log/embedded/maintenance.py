"""Keeps the log clean in the background of a process that owns an application id."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from headrace.core.errors import HeadraceError
from headrace.log.embedded.cleaner import Cleaner

_INTERVAL_S = 30.0
_log = logging.getLogger(__name__)


@contextmanager
def maintaining(cleaner: Cleaner, interval_s: float = _INTERVAL_S) -> Iterator[None]:
    """Cleans what is due every `interval_s` for as long as the context is open."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(cleaner, stop, interval_s), name="headrace-log-maintenance", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _run(cleaner: Cleaner, stop: threading.Event, interval_s: float) -> None:
    while not stop.wait(interval_s):
        try:
            cleaner.clean_if_due()
        except HeadraceError:
            # Cleaning only saves space; the next round tries again, and the log's users meet lasting errors themselves.
            _log.exception("cleaning the log failed")
