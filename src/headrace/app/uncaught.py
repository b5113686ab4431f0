"""What an application does when it fails. Source: KIP-671 (uncaught exception handler)."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum

from headrace.core.time import Duration, to_ms


class Reaction(Enum):
    """STOP ends the application; REPLACE begins a new life: tasks are made anew from what was committed."""

    STOP = "stop"
    REPLACE = "replace"


OnUncaught = Callable[[Exception], Reaction]


def stop_client(_error: Exception) -> Reaction:
    """Stops (the default)."""
    return Reaction.STOP


def replace_with_backoff(first: Duration = "1s", longest: Duration = "1m", attempts: int = 10) -> OnUncaught:
    """Begins a new life after a wait that doubles each time; stops after so many attempts in a row.

    Attempts are counted as one row when less than ten times the longest wait lies between them.
    """
    state = {"failed": 0, "at": 0.0}

    def decide(_error: Exception) -> Reaction:
        now = time.monotonic()
        if now - state["at"] > to_ms(longest) / 100:
            state["failed"] = 0
        state["failed"] += 1
        state["at"] = now
        if state["failed"] > attempts:
            return Reaction.STOP
        time.sleep(min(to_ms(first) * 2 ** (state["failed"] - 1), to_ms(longest)) / 1000)
        return Reaction.REPLACE

    return decide
