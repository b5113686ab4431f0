"""What a write to a read-only store says."""

from __future__ import annotations

from headrace.core.errors import StateError


def refused(store: str) -> StateError:
    """The error to raise."""
    message = f"store {store!r} is read-only here"
    return StateError(
        message, hint="only the processors connected to it write to it; a global store only the one that fills it"
    )
