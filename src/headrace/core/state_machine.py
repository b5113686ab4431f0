"""Life cycles as declared tables of legal transitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Generic, TypeVar

from headrace.core.errors import LifecycleError

S = TypeVar("S", bound=Enum)


class StateMachine(Generic[S]):
    """A state that changes only along declared transitions.

    Args:
        what: Whose state it is, for messages.
        start: The first state.
        transitions: Per state the states that may follow.
        changed: Called with (new, old) after each change.
    """

    def __init__(
        self, what: str, start: S, transitions: Mapping[S, frozenset[S]], changed: Callable[[S, S], None] | None = None
    ) -> None:
        self._what = what
        self._state = start
        self._transitions = transitions
        self._changed = changed

    @property
    def state(self) -> S:
        """The state now."""
        return self._state

    def to(self, state: S) -> None:
        """Changes the state. Raises LifecycleError for a transition that is not declared."""
        if state not in self._transitions[self._state]:
            message = f"{self._what} cannot go from {self._state.name} to {state.name}"
            raise LifecycleError(message)
        old, self._state = self._state, state
        if self._changed is not None:
            self._changed(state, old)
