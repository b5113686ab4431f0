"""Stopping in order on SIGINT and SIGTERM, in the main thread only."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NOTICE = b"stopping: what is in progress is finished and committed; press Ctrl-C again to end at once\n"


@contextmanager
def stop_on_signals(stop: Callable[[], None], *, notice: bool = True) -> Iterator[None]:
    """Calls `stop` at the first signal; a second SIGINT interrupts as usual. Does nothing outside the main thread.

    Args:
        stop: Called within a signal handler: it must be quick.
        notice: Tell a person who pressed Ctrl-C at a terminal that a step which takes long is waited for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[signal.Signals, Any] = {}

    def handle(number: int, _frame: FrameType | None) -> None:
        for one, handler in before.items():
            signal.signal(one, handler)
        stop()
        if notice and number == signal.SIGINT:
            _tell()

    for one in _SIGNALS:
        before[one] = signal.signal(one, handle)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _tell() -> None:
    """Past the buffers of standard error: a signal may come in the middle of a line that is being written."""
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _NOTICE)
