"""What an application does when it fails. Source: KIP-671 (uncaught exception handler)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from headrace.core.time import Duration, to_ms


class Reaction(Enum):
    """STOP ends the application; REPLACE begins a new life: tasks are made anew from what was committed."""

    STOP = "stop"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class ReplaceAfter:
    """REPLACE after a wait, which `close` cuts short."""

    wait_ms: int


OnUncaught = Callable[[Exception], Reaction | ReplaceAfter]


def stop_client(_error: Exception) -> Reaction:
    """Stops (the default)."""
    return Reaction.STOP


def replace_with_backoff(first: Duration = "1s", longest: Duration = "1m", attempts: int = 10) -> OnUncaught:
    """Begins a new life after a wait that doubles each time; stops after so many attempts in a row.

    Attempts are counted as one row when less than ten times the longest wait lies between them.
    """
    first_ms, longest_ms = to_ms(first), to_ms(longest)
    failed, failed_at = 0, 0.0

    def decide(_error: Exception) -> Reaction | ReplaceAfter:
        nonlocal failed, failed_at
        now = time.monotonic()
        failed = failed + 1 if (now - failed_at) * 1000 <= longest_ms * 10 else 1
        failed_at = now
        if failed > attempts:
            return Reaction.STOP
        return ReplaceAfter(min(first_ms * 2 ** (failed - 1), longest_ms))

    return decide
