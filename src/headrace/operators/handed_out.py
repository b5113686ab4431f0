"""Tables as the operators below them know them: without the updates that a cache still holds back.

A join of tables must not run ahead of its inputs. If one side saw what the other has not handed out yet, a row deleted on both
sides between two flushes would leave its result behind, and old values would be joined with rows they never met.
"""

from __future__ import annotations

from typing import Any

from headrace.operators.base import Getter, OperatorContext, TableView


def handed_out(table: TableView, context: OperatorContext) -> Getter:
    """A look-up of the value that the table has handed out last."""
    return table.bind(_HandedOut(context))  # views ask it for stores only


class _HandedOut:
    """A context whose cached stores show what they have handed out."""

    def __init__(self, context: OperatorContext) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def store(self, name: str) -> Any:
        """The store; if it is cached, as of its last flush."""
        store = self._context.store(name)
        return _FlushedStore(store) if getattr(store, "cached", False) else store


class _FlushedStore:
    """The reads of a cached store that views use."""

    def __init__(self, store: Any) -> None:
        self.get = store.get_flushed
