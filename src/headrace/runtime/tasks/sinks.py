"""Sinks as row functions: encode at once (so that later changes of a shared value do no harm), choose partitions, collect."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from itertools import compress
from typing import Any

from headrace.core.errors import EncodeError, TopologyError
from headrace.core.hashing import partition_for
from headrace.core.records import Headers
from headrace.core.remembered import Remembered
from headrace.formats.api import Format
from headrace.log.api import RecordColumns
from headrace.operators.base import RowFn
from headrace.runtime.tasks.current import CurrentRecord
from headrace.runtime.tasks.loops import WriteBytes
from headrace.runtime.tasks.output import OutputBuffer
from headrace.topology.physical import SinkNode, SourceNode

Route = Callable[[Any], tuple[bytes | None, int]]
"""From a key to its bytes and its partition."""

ProduceFailure = Callable[[str, EncodeError], None]
"""Takes the sink's name and the error of a record that cannot be written; returns if the record is to be left out."""

_Failed = Callable[[Exception, Any, Any], None]
"""Takes what a row raised, with the record's key and value."""


class SinkCompiler:
    """Makes the row functions of sinks for one task.

    Args:
        output: Where rows go.
        current: The record in hand, for topic extractors and values passed through.
        topic_name: From a base name to the real one, for internal topics.
        partition_count: Partitions of a real topic.
        home: The task's partition, where records without a key go.
        failed: What to do with a record that cannot be written.
        latest_time: Gives per topic what tells the latest time that the log takes now; None: any.
    """

    def __init__(
        self,
        output: OutputBuffer,
        current: CurrentRecord,
        topic_name: Callable[[str], str],
        partition_count: Callable[[str], int],
        home: int,
        failed: ProduceFailure,
        latest_time: Callable[[str], Callable[[], int] | None] = lambda _: None,
    ) -> None:
        self._output = output
        self._current = current
        self._topic_name = topic_name
        self._partition_count = partition_count
        self._home = home
        self._failed = failed
        self._latest_time = latest_time

    def row(self, sink: SinkNode, *, passes_value: bool) -> RowFn:
        """The row function of a sink; with `passes_value` the value's original bytes are written."""
        if callable(sink.topic):
            return self._dynamic(sink)
        return self._fixed(sink, self._real(sink.topic, sink), passes_value=passes_value)

    def bytes_writer(self, sink: SinkNode, source: SourceNode) -> WriteBytes | None:
        """Writes many records of a source as they were read; None where each of them needs a look of its own."""
        if callable(sink.topic) or sink.partitioner is not None or not sink.key_format.exact or len(source.topics) != 1:
            return None
        topic = self._real(sink.topic, sink)
        if not source.consume.key_format.exact or self._latest_time(topic) is not None:
            return None
        columns = self._output.partitions(topic, self._partition_count(topic))
        decode = source.consume.key_format.decoder(self._real(source.topics[0], source), is_key=True)
        return _writing(columns, _route(sink, topic, len(columns), self._home), decode)

    def _real(self, topic: str, node: SinkNode | SourceNode) -> str:
        return self._topic_name(topic) if node.internal else topic

    def _fixed(self, sink: SinkNode, topic: str, *, passes_value: bool) -> RowFn:
        row = self._unchecked(sink, topic, passes_value=passes_value)
        latest = self._latest_time(topic)
        return row if latest is None else _in_time(row, latest, sink, topic, self._failed)

    def _unchecked(self, sink: SinkNode, topic: str, *, passes_value: bool) -> RowFn:
        columns = self._output.partitions(topic, self._partition_count(topic))
        route = _route(sink, topic, len(columns), self._home)
        encode = sink.value_format.encoder(topic, is_key=False)
        failed = _failure(sink, topic, self._failed)
        if sink.partitioner is not None:
            return _partitioned(sink, topic, columns, route, encode, failed)
        if passes_value:
            return _passing(self._current, columns, route, failed)
        return _encoding(columns, route, encode, failed)

    def _dynamic(self, sink: SinkNode) -> RowFn:
        extract = sink.topic
        assert callable(extract)
        rows: dict[str, RowFn] = {}
        current = self._current

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            topic = extract(key, value, current.metadata())
            target = rows.get(topic)
            if target is None:
                target = rows[topic] = self._fixed(sink, topic, passes_value=False)
            target(key, value, timestamp, headers)

        return row


def _route(sink: SinkNode, topic: str, partitions: int, home: int) -> Route:
    """Encodes keys and chooses partitions; remembers both for keys whose equality is that of their bytes."""
    encode = sink.key_format.encoder(topic, is_key=True)
    same = type(sink.key_format).partition_encoder is Format.partition_encoder
    place = encode if same else sink.key_format.partition_encoder(topic)
    nowhere: tuple[bytes | None, int] = (None, home % partitions)

    def route(key: Any) -> tuple[bytes | None, int]:
        if key is None:
            return nowhere
        encoded = encode(key)
        return encoded, partition_for(encoded if same else place(key), partitions)

    return Remembered(route).__getitem__ if sink.key_format.exact else route


def _encoding(columns: list[RecordColumns], route: Route, encode: Callable[[Any], bytes], failed: _Failed) -> RowFn:
    def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        try:
            encoded, partition = route(key)
            raw = None if value is None else encode(value)
        except Exception as error:
            failed(error, key, value)
            return
        target = columns[partition]
        if headers or target.headers is not None:
            target.append(encoded, raw, timestamp, headers)
            return
        target.timestamps.append(timestamp)
        target.keys.append(encoded)
        target.values.append(raw)

    return row


def _passing(current: CurrentRecord, columns: list[RecordColumns], route: Route, failed: _Failed) -> RowFn:
    def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        try:
            encoded, partition = route(key)
        except Exception as error:
            failed(error, key, value)
            return
        target = columns[partition]
        if headers or target.headers is not None:
            target.append(encoded, current.raw_value, timestamp, headers)
            return
        target.timestamps.append(timestamp)
        target.keys.append(encoded)
        target.values.append(current.raw_value)

    return row


def _writing(columns: list[RecordColumns], route: Route, decode: Callable[[bytes], Any]) -> WriteBytes:
    def routed(raw: bytes | None) -> tuple[bytes | None, int]:
        key, partition = route(None if raw is None else decode(raw))
        if key is not None and type(key) is not bytes:
            message = f"the format of the key made {type(key).__name__} of it, not bytes"
            raise TypeError(message)
        return key, partition

    routes = Remembered(routed).__getitem__

    def write(raw_keys: list[bytes | None], values: list[bytes | None], times: list[int]) -> None:
        if not raw_keys:
            return
        found = list(map(routes, raw_keys))
        keys, places = [key for key, _ in found], [place for _, place in found]
        targets = set(places)
        if len(targets) == 1:
            columns[places[0]].extend_vouched(keys, values, times)
            return
        for number in targets:
            own = [place == number for place in places]
            columns[number].extend_vouched(list(compress(keys, own)), list(compress(values, own)), list(compress(times, own)))

    return write


def _in_time(row: RowFn, latest: Callable[[], int], sink: SinkNode, topic: str, failed: ProduceFailure) -> RowFn:
    def checked(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        if timestamp <= latest():
            row(key, value, timestamp, headers)
            return
        message = f"sink {sink.name!r} cannot write a record to topic {topic!r}: brokers refuse its time, {timestamp}"
        hint = "mend the timestamp extractor, or let the topic take such times: message.timestamp.after.max.ms"
        failed(sink.name, EncodeError(message, hint=hint))

    return checked


def _partitioned(
    sink: SinkNode,
    topic: str,
    columns: list[RecordColumns],
    route: Route,
    encode: Callable[[Any], bytes],
    failed: _Failed,
) -> RowFn:
    partitioner = sink.partitioner
    assert partitioner is not None
    count = len(columns)

    def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        try:
            encoded, default = route(key)
            raw = None if value is None else encode(value)
            for partition in _chosen(partitioner(topic, key, value, count), default, sink.name, count):
                columns[partition].append(encoded, raw, timestamp, headers)
        except TopologyError:
            raise
        except Exception as error:
            failed(error, key, value)

    return row


def _chosen(answer: int | Iterable[int] | None, default: int, sink: str, partitions: int) -> Iterable[int]:
    chosen = (default,) if answer is None else (answer,) if isinstance(answer, int) else tuple(answer)
    for partition in chosen:
        if not 0 <= partition < partitions:
            message = f"the partitioner of sink {sink!r} chose partition {partition} of {partitions}"
            raise TopologyError(message)
    return chosen


def _failure(sink: SinkNode, topic: str, failed: ProduceFailure) -> _Failed:
    """Nothing comes below a sink, so whatever its row raises is about this one record."""
    made = f", made at {sink.line}," if sink.line else ""

    def failure(error: Exception, key: Any, value: Any) -> None:
        message = (
            f"sink {sink.name!r}{made} cannot write a record to topic {topic!r}: {error}"
            f" (key: {type(key).__name__} as {sink.key_format!r}, value: {type(value).__name__} as {sink.value_format!r})"
        )
        hint = "give the step formats that fit: Produced(key=..., value=...)"
        if inspect.iscoroutine(value):
            value.close()  # it would be warned about as never awaited
            hint = "the value is a coroutine: call the async function that made it with map_values_async(...)"
        wrapped = EncodeError(message, hint=hint)
        wrapped.__cause__ = error
        failed(sink.name, wrapped)

    return failure
