"""Empties the store of sessions that are over, as stream time goes on."""

from __future__ import annotations

from typing import Any

from headrace import ProcessorContext, PunctuationType
from headrace.state.api import KeyValueStore
from segmenter.model import Device, Session

EVERY = "4s"
IDLE_MS = 4_000


class Purger:
    """Deletes completed sessions, and those that have been idle for `IDLE_MS`.

    A completed session stays until the purger comes by, so that an all-sent that is sent again finds it. When that is follows
    from the events alone: a task that moves or restarts takes the schedule along, and does not look once more or less.

    Args:
        sessions: The current session of each device.
    """

    def __init__(self, sessions: KeyValueStore[Device, Session]) -> None:
        self._sessions = sessions

    def start(self, context: ProcessorContext[Any, Any]) -> None:
        """From now on comes by every four seconds of stream time."""
        context.schedule(EVERY, PunctuationType.STREAM_TIME, self.purge)

    def purge(self, now_ms: int) -> None:
        """Deletes what is over."""
        over = [
            device for device, session in self._sessions.all() if session.completed or now_ms - session.timestamp >= IDLE_MS
        ]
        for device in over:
            self._sessions.delete(device)
