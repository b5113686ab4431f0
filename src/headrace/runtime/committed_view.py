"""A store as of the last commit, read beside the store that is being written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from headrace.core.errors import StateError
from headrace.state.api import ChangeLogger
from headrace.state.engines.api import Engine, EngineSupplier
from headrace.state.memory import SharedMemory
from headrace.state.open import open_store
from headrace.state.spec import StoreSpec


def committed_view(spec: StoreSpec, engine: Engine, stream_time: int) -> Any:
    """A store over another one's engine, which only commits write to. Reads only; not to be kept beyond the next commit.

    Windows expire by the store's stream time at the last commit.
    """
    view = open_store(replace(spec, caching=False, logging=False, engine=_Lent(engine)), _ViewContext())
    view.set_stream_time(stream_time)
    return view


@dataclass(frozen=True, slots=True)
class _Lent:
    """A supplier that hands out an engine that is open already."""

    engine: Engine
    name: str = "lent"
    persistent: bool = False

    def open(self, _directory: Path) -> Engine:
        """The engine, which nobody closes or writes through this."""
        return _ReadOnly(self.engine)


class _ReadOnly:
    """An engine that belongs to somebody else."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.get = engine.get
        self.position = engine.position
        self.approximate_count = engine.approximate_count
        self.size_bytes = engine.size_bytes

    def scan(self, low: bytes | None, high: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Entries in order."""
        return self._engine.scan(low, high, reverse=reverse)

    def write(
        self,
        _changes: Iterable[tuple[bytes, bytes | None]],
        _position: int | None,
        _drop_ranges: Sequence[tuple[bytes, bytes]] = (),
    ) -> NoReturn:
        """Refuses."""
        message = "a view of committed data cannot be written"
        raise StateError(message)

    def close(self) -> None:
        """Leaves it open for its owner."""


class _ViewContext:
    """The surroundings of a view: no files, no changelog, a memory limit of its own."""

    directory = Path()

    def __init__(self) -> None:
        self.memory = SharedMemory(0)

    @property
    def default_engine(self) -> EngineSupplier:
        """There is none: a view names its engine."""
        raise NotImplementedError

    def changelog(self, _store: str) -> ChangeLogger | None:
        """None."""
        return None
