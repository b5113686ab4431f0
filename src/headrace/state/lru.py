"""A key-value store that keeps the most recently used entries only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from headrace.core.errors import TopologyError
from headrace.core.time import UNKNOWN_TIME
from headrace.state.api import RestoreRecord, StoreContext
from headrace.state.key_value import TableStore
from headrace.state.spec import StoreSpec

K = TypeVar("K")
V = TypeVar("V")


class LruTable(TableStore[K, V]):
    """At most `max_entries` entries: a put of one more deletes the one that was read or put longest ago, in the changelog too.

    Source: Kafka Streams' `Stores.lruMap`. The order of use is not kept over restarts: it starts as that of the changelog,
    or of the keys when a persistent engine is opened.
    """

    def __init__(self, spec: StoreSpec, context: StoreContext) -> None:
        if spec.max_entries < 1:
            message = f"LRU store {spec.name!r} has max_entries={spec.max_entries}"
            raise TopologyError(message, hint="give max_entries of at least 1")
        super().__init__(spec, context, timestamped=False)
        self._max_entries = spec.max_entries
        self._used: dict[bytes, None] = {}
        self._reread()

    def _reread(self) -> None:
        self._used = dict.fromkeys(key for key, _ in self._overlay.scan(None, None))

    def _touch(self, key: bytes) -> None:
        self._used.pop(key, None)
        self._used[key] = None

    def get(self, key: K) -> tuple[V, int] | None:
        """The value, which counts as a use."""
        key_bytes = self._encode_key(key)
        data = self._overlay.get(key_bytes)
        if data is None:
            return None
        self._touch(key_bytes)
        return self._decode_entry(data)

    def _write(self, key: bytes, value: bytes | None, timestamp: int) -> None:
        super()._write(key, value, timestamp)
        if value is None:
            self._used.pop(key, None)
            return
        self._touch(key)
        if len(self._used) > self._max_entries:
            self._write(next(iter(self._used)), None, UNKNOWN_TIME)

    def restore(self, records: Sequence[RestoreRecord], position: int) -> None:
        """Applies changelog records; what is above the bound then goes without being logged."""
        used = self._used
        super().restore(records, position)
        for record in records:
            used.pop(record.key, None)
            if record.value is not None:
                used[record.key] = None
        self._used = used
        surplus = list(used)[: -self._max_entries] if len(used) > self._max_entries else []
        if surplus:
            self._overlay.engine.write([(key, None) for key in surplus], position)
            for key in surplus:
                del used[key]
