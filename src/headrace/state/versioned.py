"""Versioned key-value stores (KIP-889)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from headrace.core.records import NO_HEADERS, VersionedRecord
from headrace.state.api import NOT_PUT, VALID_TO_UNDEFINED, RestoreRecord, StoreContext
from headrace.state.keys import read_time, time_bytes
from headrace.state.overlay import Overlay
from headrace.state.spec import StoreSpec
from headrace.state.store import EngineStore

K = TypeVar("K")
V = TypeVar("V")

_LATEST = b"L"
_HISTORY = b"H"
_EXPIRY = b"X"
_TOMBSTONE = b"\x00"
_VALUE = b"\x01"
_AFTER_TIMES = b"\xff" * 9


class _Version(NamedTuple):
    """One version in the engine; `value` is None for a tombstone."""

    timestamp: int
    valid_to: int
    value: bytes | None


class VersionedTable(EngineStore, Generic[K, V]):
    """All versions of each key within the history, and the latest one for ever.

    In the engine stand, by their first byte: the latest version of a key (`L`), which may be a tombstone; older ones by key
    and timestamp (`H`), each with the time until which it was valid; and an index of those by that time (`X`), from which a
    commit takes what has left the history. The changelog has key, value and timestamp of each put, and is replayed.
    """

    def __init__(self, spec: StoreSpec, context: StoreContext) -> None:
        super().__init__(spec, context, timestamped=False)
        self._history = spec.history_ms
        self._decode_value = self._codec.decode_value

    def get(self, key: K) -> VersionedRecord[V] | None:
        """The latest version, None if there is none or it is a tombstone."""
        return self._record(self._latest(self._encode_key(key)))

    def get_as_of(self, key: K, timestamp: int) -> VersionedRecord[V] | None:
        """The version that was valid at a time; None also when that time is out of history."""
        key_bytes = self._encode_key(key)
        latest = self._latest(key_bytes)
        if latest is not None and latest.timestamp <= timestamp:
            return self._record(latest)
        if timestamp < self._stream_time - self._history:
            return None
        return self._record(self._at_or_before(key_bytes, timestamp))

    def put(self, key: K, value: V | None, timestamp: int) -> int:
        """Adds a version. Returns NOT_PUT, VALID_TO_UNDEFINED (it is the latest) or the time until which it is valid."""
        key_bytes = self._encode_key(key)
        value_bytes = None if value is None else self._encode_value(value)
        valid_to = self._put(key_bytes, value_bytes, timestamp)
        if valid_to != NOT_PUT:
            self._log(key_bytes, value_bytes, timestamp, NO_HEADERS)
        return valid_to

    def delete(self, key: K, timestamp: int) -> VersionedRecord[V] | None:
        """Puts a tombstone; returns the version valid at that time before."""
        if timestamp < self._stream_time - self._history:
            return None
        found = self.get_as_of(key, timestamp)
        self.put(key, None, timestamp)
        return found

    def _record(self, version: _Version | None) -> VersionedRecord[V] | None:
        if version is None or version.value is None:
            return None
        valid_to = None if version.valid_to == VALID_TO_UNDEFINED else version.valid_to
        return VersionedRecord(self._decode_value(version.value), version.timestamp, valid_to)

    def _put(self, key: bytes, value: bytes | None, timestamp: int) -> int:
        if timestamp < self._stream_time - self._history:
            return NOT_PUT
        self._stream_time = max(self._stream_time, timestamp)
        latest = self._latest(key)
        if latest is None or latest.timestamp <= timestamp:
            if latest is not None:
                self._forget_latest_tombstone(key, latest)
                if latest.timestamp < timestamp:
                    self._put_history(key, latest._replace(valid_to=timestamp))
            self._put_latest(key, _Version(timestamp, VALID_TO_UNDEFINED, value))
            return VALID_TO_UNDEFINED
        return self._put_between(key, value, timestamp, latest.timestamp)

    def _put_between(self, key: bytes, value: bytes | None, timestamp: int, next_timestamp: int) -> int:
        """Adds a version that is not the latest: the one before it then is valid until its timestamp only."""
        prefix = _history_prefix(key)
        after = next(self._overlay.scan(prefix + time_bytes(timestamp + 1), prefix + _AFTER_TIMES), None)
        valid_to = next_timestamp if after is None else read_time(after[0], -8)
        before = self._at_or_before(key, timestamp)
        if before is not None:
            self._remove_history(key, before)
            if before.timestamp < timestamp:
                self._put_history(key, before._replace(valid_to=timestamp))
        self._put_history(key, _Version(timestamp, valid_to, value))
        return valid_to

    def _latest(self, key: bytes) -> _Version | None:
        data = self._overlay.get(_LATEST + key)
        if data is None:
            return None
        return _Version(read_time(data, 0), VALID_TO_UNDEFINED, data[9:] if data[8:9] == _VALUE else None)

    def _put_latest(self, key: bytes, version: _Version) -> None:
        value = _TOMBSTONE if version.value is None else _VALUE + version.value
        self._overlay.put(_LATEST + key, time_bytes(version.timestamp) + value)
        if version.value is None:
            self._overlay.put(_EXPIRY + time_bytes(version.timestamp) + _LATEST + key, b"")

    def _forget_latest_tombstone(self, key: bytes, latest: _Version) -> None:
        if latest.value is None:
            self._overlay.put(_EXPIRY + time_bytes(latest.timestamp) + _LATEST + key, None)

    def _at_or_before(self, key: bytes, timestamp: int) -> _Version | None:
        prefix = _history_prefix(key)
        found = next(self._overlay.scan(prefix, prefix + time_bytes(timestamp) + b"\x00", reverse=True), None)
        if found is None:
            return None
        history_key, data = found
        value = data[9:] if data[8:9] == _VALUE else None
        version = _Version(read_time(history_key, -8), read_time(data, 0), value)
        return version if timestamp < version.valid_to else None

    def _put_history(self, key: bytes, version: _Version) -> None:
        if version.valid_to < self._stream_time - self._history:
            return  # nobody can ask for it any more
        history_key = _history_prefix(key) + time_bytes(version.timestamp)
        value = _TOMBSTONE if version.value is None else _VALUE + version.value
        self._overlay.put(history_key, time_bytes(version.valid_to) + value)
        self._overlay.put(_EXPIRY + time_bytes(version.valid_to) + history_key, b"")

    def _remove_history(self, key: bytes, version: _Version) -> None:
        history_key = _history_prefix(key) + time_bytes(version.timestamp)
        self._overlay.put(history_key, None)
        self._overlay.put(_EXPIRY + time_bytes(version.valid_to) + history_key, None)

    def commit(self, position: int | None) -> None:
        """Writes the overlay to the engine, without versions that have left the history."""
        self._expire()
        super().commit(position)

    def _expire(self) -> None:
        """Removes what was valid only until before the history begins: no put and no read can reach it."""
        bound = self._stream_time - self._history
        if bound <= 0:
            return
        for expiry_key, _ in self._overlay.scan(_EXPIRY, _EXPIRY + time_bytes(bound)):
            self._overlay.put(expiry_key[9:], None)
            self._overlay.put(expiry_key, None)

    def restore(self, records: Sequence[RestoreRecord], position: int) -> None:
        """Replays puts below the overlay."""
        overlay = self._overlay
        self._overlay = Overlay(overlay.engine)
        try:
            for record in records:
                self._put(record.key, record.value, record.timestamp)
            self._expire()
            self._overlay.commit(position)
        finally:
            self._overlay = overlay
        self._committed_stream_time = max(self._committed_stream_time, self._stream_time)


def _history_prefix(key: bytes) -> bytes:
    return _HISTORY + len(key).to_bytes(4, "big") + key
