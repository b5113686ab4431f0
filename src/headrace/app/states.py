"""The states of an application, named as Kafka Streams names them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, auto

from headrace.core.errors import LifecycleError, RebalancingError
from headrace.observe.events import event_logger

_log = event_logger("app")


class AppState(Enum):
    """What an application is doing.

    CREATED → REBALANCING (tasks and stores are made ready) → RUNNING → PENDING_SHUTDOWN → NOT_RUNNING, or through
    PENDING_ERROR → ERROR. An application that has ended can be started again.
    """

    CREATED = auto()
    REBALANCING = auto()
    RUNNING = auto()
    PENDING_SHUTDOWN = auto()
    NOT_RUNNING = auto()
    PENDING_ERROR = auto()
    ERROR = auto()


StateListener = Callable[[AppState, AppState], None]
"""Called with (new, old) at each change, from the thread that makes it."""

_ENDING = {AppState.PENDING_SHUTDOWN, AppState.PENDING_ERROR}

TRANSITIONS = {
    AppState.CREATED: frozenset({AppState.REBALANCING, AppState.NOT_RUNNING}),
    AppState.REBALANCING: frozenset({AppState.RUNNING, *_ENDING}),
    AppState.RUNNING: frozenset({AppState.REBALANCING, *_ENDING}),
    AppState.PENDING_SHUTDOWN: frozenset({AppState.NOT_RUNNING, AppState.PENDING_ERROR}),
    AppState.NOT_RUNNING: frozenset({AppState.REBALANCING}),
    AppState.PENDING_ERROR: frozenset({AppState.ERROR, AppState.REBALANCING}),
    AppState.ERROR: frozenset({AppState.REBALANCING, AppState.NOT_RUNNING}),
}

ACTIVE = frozenset({AppState.REBALANCING, AppState.RUNNING, AppState.PENDING_SHUTDOWN, AppState.PENDING_ERROR})
"""States in which the application holds its tasks."""


def tell(listeners: Iterable[StateListener], app_id: str, new: AppState, old: AppState) -> None:
    """Tells listeners of a change. What watches must not change what happens: their errors are logged."""
    for listener in listeners:
        try:
            listener(new, old)
        except Exception as error:
            _log.error("state_listener_failed", app=app_id, problem=f"{type(error).__name__}: {error}")


def made_ready(app_id: str, state: AppState) -> RebalancingError:
    """The error that an application cannot be asked yet, or for a moment."""
    return RebalancingError(f"application {app_id!r} is {state.name}: its stores are being made ready", hint="try again")


def not_running(app_id: str, state: AppState, error: BaseException | None) -> LifecycleError:
    """The error that an application cannot be asked, with what it failed on if it has."""
    if error is None:
        return LifecycleError(f"application {app_id!r} is {state.name}, not running", hint="start it first")
    refusal = LifecycleError(
        f"application {app_id!r} has stopped by an error: {getattr(error, 'message', error)}",
        hint="app.error is the error; when its cause is fixed, the application can be started again",
    )
    refusal.__cause__ = error
    return refusal
