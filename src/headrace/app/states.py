"""The states of an application, named as Kafka Streams names them."""

from __future__ import annotations

from enum import Enum, auto


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
