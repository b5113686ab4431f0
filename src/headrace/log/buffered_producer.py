"""The producer of the logs that write a transaction in one step: it buffers, and hands everything over at the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headrace.core.errors import LifecycleError, LogError
from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import Position, RecordColumns

_BYTES = {bytes, type(None)}


@dataclass(slots=True)
class Pending:
    """What one transaction, or one flush, is going to write."""

    records: dict[TopicPartition, list[RecordColumns]] = field(default_factory=dict)
    packed: dict[TopicPartition, list[Any]] = field(default_factory=dict)  # came before `records`, in the log's own form
    positions: dict[str, dict[TopicPartition, Position]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.records or self.packed or self.positions)


Committer = Callable[[Pending], dict[TopicPartition, int]]
"""Writes all of it durably and at once, or raises and has written nothing."""


def _nothing() -> None:
    """Has nothing to give up."""


class BufferedProducer:
    """A `Producer` over a committer.

    If `commit` or `flush` raises, everything is still buffered: repeat the call (busy, no space left), or `abort`.

    Args:
        committer: Writes what was buffered.
        transactional: Whether writing needs a transaction that was begun.
        give_up: Called once when the producer is closed.
    """

    def __init__(self, committer: Committer, *, transactional: bool, give_up: Callable[[], None] = _nothing) -> None:
        self._committer = committer
        self._give_up = give_up
        self._transactional = transactional
        self._pending = Pending()
        self._open = not transactional
        self._closed = False

    def begin(self) -> None:
        """Starts a transaction."""
        self._require_transactional("begin")
        if self._open:
            message = "begin was called inside a transaction"
            raise LifecycleError(message, hint="commit or abort the open one first")
        self._open = True

    def append(self, topic: str, partition: int, records: RecordColumns) -> None:
        """Takes records over.

        Raises:
            LogError: The columns differ in length, or a key or value is not bytes.
        """
        self._require_open("append")
        if not records.timestamps and not records.keys:
            return
        where = TopicPartition(topic, partition)
        _check(where, records)
        held = self._pending.records.get(where)
        if held is None:
            self._pending.records[where] = [records]
        else:
            held.append(records)

    def send_positions(self, group: str, positions: Mapping[TopicPartition, Position]) -> None:
        """Makes positions part of the transaction."""
        self._require_transactional("send_positions")
        self._require_open("send_positions")
        if positions:
            self._pending.positions.setdefault(group, {}).update(positions)

    def commit(self) -> dict[TopicPartition, int]:
        """Commits the transaction; free if it is empty."""
        self._require_transactional("commit")
        self._require_open("commit")
        ends = self._write()
        self._open = False
        return ends

    def abort(self) -> None:
        """Forgets the transaction."""
        self._require_transactional("abort")
        self._pending = Pending()
        self._open = False

    def flush(self) -> dict[TopicPartition, int]:
        """Writes all that was appended."""
        if self._transactional:
            message = "flush was called on a transactional producer"
            raise LifecycleError(message, hint="use commit")
        self._require_open("flush")
        return self._write()

    def close(self) -> None:
        """Forgets what is buffered."""
        self._pending = Pending()
        if not self._closed:
            self._closed = True
            self._give_up()

    def _write(self) -> dict[TopicPartition, int]:
        if not self._pending:
            return {}
        ends = self._committer(self._pending)
        self._pending = Pending()
        return ends

    def _require_transactional(self, call: str) -> None:
        if not self._transactional:
            message = f"{call} was called on a producer without a transactional id"
            raise LifecycleError(message, hint="make the producer with a transactional id")

    def _require_open(self, call: str) -> None:
        if self._closed:
            raise faults.closed_producer()
        if not self._open:
            message = f"{call} was called outside a transaction"
            raise LifecycleError(message, hint="call begin first")


def _check(where: TopicPartition, records: RecordColumns) -> None:
    # A record that cannot be read again would block every reader of its partition for ever.
    count = len(records.timestamps)
    if len(records.keys) != count or len(records.values) != count or len(records.headers or records.keys) != count:
        message = f"the columns of records for {where} differ in length"
        raise LogError(message)
    keys, values = records.keys, records.values
    if records.vouched:
        keys, values = keys[records.vouched :], values[records.vouched :]
    kinds = set(map(type, keys)).union(map(type, values))
    if not kinds <= _BYTES:
        names = ", ".join(sorted(kind.__name__ for kind in kinds - _BYTES))
        message = f"a key or value for {where} is {names}, not bytes"
        raise LogError(message, hint="encode it with a format first")
    if set(map(type, records.timestamps)) != {int}:
        message = f"a timestamp for {where} is not a whole number of milliseconds"
        raise LogError(message)
