"""What all kinds of stores share: engine, overlay, changelog and life cycle."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from headrace.core.errors import StateError
from headrace.core.records import Headers
from headrace.core.time import UNKNOWN_TIME
from headrace.state.api import FlushListener, RestoreRecord, StoreContext
from headrace.state.codecs import StoreCodec
from headrace.state.overlay import ClosedOverlay, Overlay
from headrace.state.spec import StoreSpec


class EngineStore:
    """A store over an engine. Kinds add their reads and writes, and say how a changelog record becomes engine bytes."""

    cached = False

    def __init__(self, spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> None:
        self.name = spec.name
        self._supplier = spec.engine or context.default_engine
        self._directory = context.directory / spec.name
        self._overlay = Overlay(self._supplier.open(self._directory))
        self._codec = StoreCodec(spec, timestamped=timestamped)
        self._encode_key = self._codec.encode_key
        self._decode_key = self._codec.decode_key
        self._encode_value = self._codec.encode_value
        self._pack = self._codec.pack
        self._decode_entry = self._codec.decode_entry
        self._changelog = context.changelog(spec.name) or _NotLogged()
        self._log = self._changelog.append
        self._memory = context.memory
        self._listener: FlushListener | None = None
        self._send_old = False
        self._stream_time = UNKNOWN_TIME
        self._committed_stream_time = UNKNOWN_TIME
        self._memory.register(self)

    @property
    def stream_time(self) -> int:
        """The largest timestamp put, -1 at first."""
        return self._stream_time

    def set_stream_time(self, stream_time: int) -> None:
        """Puts back the stream time of the last commit."""
        self._committed_stream_time = max(self._committed_stream_time, stream_time)
        self._stream_time_is(max(self._stream_time, stream_time))

    def _stream_time_is(self, stream_time: int) -> None:
        self._stream_time = stream_time

    def set_flush_listener(self, listener: FlushListener, *, send_old: bool) -> bool:
        """Takes the listener if the store is cached, else returns False."""
        if self.cached:
            self._listener = listener
            self._send_old = send_old
        return self.cached

    def flush(self) -> None:
        """Nothing to do without a cache."""

    def commit(self, position: int | None) -> None:
        """Writes the overlay to the engine with the changelog position.

        Raises:
            StateError: There are changes that were not flushed: they would be committed without being in the changelog.
        """
        if self._unflushed():
            message = f"store {self.name!r} has changes that were not flushed before the commit"
            raise StateError(message, hint="flush stores in the order of the topology, upstream first, then commit")
        self._overlay.commit(position, self._dropped_ranges())
        self._committed_stream_time = self._stream_time

    def _unflushed(self) -> bool:
        return False

    def _dropped_ranges(self) -> Sequence[tuple[bytes, bytes]]:
        return ()

    def engine_bytes(self) -> int:
        """About how many bytes the engine uses."""
        return self._overlay.engine.size_bytes()

    def rollback(self) -> None:
        """Forgets everything since the last commit."""
        self._overlay.rollback()
        self._stream_time_is(self._committed_stream_time)
        self._reread()

    def _reread(self) -> None:
        """Brings what is kept in memory above the overlay in line with it; called after a rollback, a restore and a wipe."""

    def position(self) -> int | None:
        """The changelog offset of the engine's data."""
        return self._overlay.engine.position()

    def restore(self, records: Sequence[RestoreRecord], position: int) -> None:
        """Applies changelog records below the overlay; a copy that is never committed drops what has expired."""
        self._overlay.engine.write(self._restored(records), position, self._dropped_ranges())
        self._committed_stream_time = max(self._committed_stream_time, self._stream_time)
        self._reread()

    def _restored(self, records: Sequence[RestoreRecord]) -> list[tuple[bytes, bytes | None]]:
        """Engine keys and values of changelog records; kinds may leave some out."""
        pack = self._pack
        return [(key, None if value is None else pack(value, timestamp)) for key, value, timestamp, _ in records]

    def wipe(self) -> None:
        """Empties the store and its engine."""
        self._overlay.engine.close()
        shutil.rmtree(self._directory, ignore_errors=True)
        self._overlay.engine = self._supplier.open(self._directory)
        self._overlay.rollback()
        self._committed_stream_time = UNKNOWN_TIME
        self._stream_time_is(UNKNOWN_TIME)
        self._reread()

    def close(self) -> None:
        """Closes the engine; reads and writes raise StoreClosedError from now on."""
        if isinstance(self._overlay, ClosedOverlay):
            return
        self._overlay.engine.close()
        self._memory.unregister(self)
        self._overlay = ClosedOverlay(self._overlay.engine, self.name)

    def memory_bytes(self) -> int:
        """About how much memory changes and cached entries take."""
        return self._overlay.memory_bytes()

    def release(self, share: float) -> None:
        """Nothing to give back without a cache: the next commit frees the overlay."""


class _NotLogged:
    """The changelog of a store that has none."""

    def append(self, key: bytes, value: bytes | None, timestamp: int, headers: Headers) -> None:
        """Forgets it."""

    def extend(self, keys: Sequence[bytes], values: Sequence[bytes | None], timestamps: Sequence[int]) -> None:
        """Forgets them."""
