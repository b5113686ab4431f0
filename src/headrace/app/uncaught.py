"""What an application does when it fails. Source: KIP-671 (uncaught exception handler)."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from threading import Event

from headrace.core.time import Duration, to_ms
from headrace.observe.events import event_logger

_log = event_logger("app")


class Reaction(Enum):
    """STOP ends the application; REPLACE begins a new life: tasks are made anew from what was committed."""

    STOP = "stop"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class ReplaceAfter:
    """REPLACE after a wait, which `close` cuts short."""

    wait_ms: int


OnUncaught = Callable[[Exception], Reaction | ReplaceAfter]


def reaction_to(error: Exception, on_uncaught: OnUncaught) -> Reaction | ReplaceAfter:
    """What a function of the user's answers to an error; STOP if it fails itself."""
    try:
        return on_uncaught(error)
    except Exception as own:
        _log.error("on_uncaught_failed", problem=str(own))
        return Reaction.STOP


def is_replaced(error: Exception, on_uncaught: OnUncaught, stop_asked: Event, app_id: str) -> bool:
    """Whether a new life is to begin after an error; waits as long as the answer wants."""
    answer = reaction_to(error, on_uncaught)
    stop_asked.wait(answer.wait_ms / 1000 if isinstance(answer, ReplaceAfter) else 0)
    if answer is Reaction.STOP or stop_asked.is_set():
        return False
    _log.warning("replaced_after_error", app=app_id, error=str(error))
    return True


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


def say_if_unheard(app_id: str, error: BaseException) -> None:
    """Says on standard error what stopped an application that runs in a thread of its own, if no logging does.

    As Python does for any thread that ends with an error. A library logs to nobody until the program sets logging up.
    """
    logger: logging.Logger | None = logging.getLogger("headrace.app")
    while logger is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in logger.handlers):
            return
        logger = logger.parent if logger.propagate else None
    sys.stderr.write(f"application {app_id!r} has stopped by an error: {error}\n")
