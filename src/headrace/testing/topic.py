"""A topic as tests use it: pipe values in, read values out."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from headrace.core.errors import ConfigurationError
from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers
from headrace.core.time import Duration, to_ms
from headrace.formats.resolve import format_of
from headrace.log.api import Log
from headrace.testing.table import parse_table

if TYPE_CHECKING:
    from headrace.testing.driver import TestDriver


class Row(NamedTuple):
    """A record read from a topic; rows are equal to tuples (key, value, timestamp, headers)."""

    key: Any
    value: Any
    timestamp: int
    headers: Headers = ()


class TestTopic:
    """Made by `TestDriver.topic`. Reading goes on where it stopped, and leaves out what the test has piped in itself.

    Attributes:
        auto_advance_ms: How far the timestamp moves after each record that is piped without one; None takes the wall clock.
    """

    __test__ = False

    def __init__(
        self,
        driver: TestDriver,
        log: Log,
        name: str,
        formats: tuple[Any, Any] | None,
        key: Any,
        value: Any,
        piped: Container[int],
    ) -> None:
        self.name = name
        self.auto_advance_ms: int | None = None
        self._driver = driver
        self._log = log
        self._next_time = 0
        self._position = 0
        self._rows: list[Row] = []
        self._piped = piped
        known_key, known_value = formats or (None, None)
        self._key_format = format_of(key) if key is not None else known_key
        self._value_format = format_of(value) if value is not None else known_value

    # ---- in -------------------------------------------------------------------------------------------------------

    def advancing(self, start: int, by: Duration) -> TestTopic:
        """Records piped without a timestamp get `start` (ms), then `by` more each time; returns the topic itself."""
        self._next_time = start
        self.auto_advance_ms = to_ms(by)
        return self

    def pipe(self, key: Any, value: Any, timestamp: int | None = None, headers: Headers = ()) -> None:
        """One record, processed with all that follows from it."""
        key_format, value_format = self._formats()
        raw_key = None if key is None else key_format.encoder(self.name, is_key=True)(key)
        raw_value = None if value is None else value_format.encoder(self.name, is_key=False)(value)
        self._driver.pipe_bytes(self.name, raw_key, raw_value, self._time(timestamp), headers)

    def pipe_values(self, values: Iterable[Any]) -> None:
        """Records without keys."""
        for value in values:
            self.pipe(None, value)

    def pipe_all(self, entries: Iterable[tuple[Any, Any] | tuple[Any, Any, int]]) -> None:
        """Records as (key, value) or (key, value, timestamp)."""
        for entry in entries:
            self.pipe(*entry)

    def pipe_table(self, text: str) -> None:
        """Records as a table literal: columns `key`, `@` (timestamp: ms or HH:MM:SS), and fields of the value.

        A single column `value` is the value itself; `-` is None.
        """
        for key, value, timestamp in parse_table(text):
            self.pipe(key, value, timestamp)

    # ---- out ------------------------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether everything was read."""
        return self.queue_size == 0

    @property
    def queue_size(self) -> int:
        """How many records are there to read."""
        self._fetch()
        return len(self._rows)

    def read(self) -> Row:
        """The next record. Raises LookupError if there is none."""
        self._fetch()
        if not self._rows:
            message = f"no more records in topic {self.name!r}"
            raise LookupError(message)
        return self._rows.pop(0)

    def read_value(self) -> Any:
        """The next record's value."""
        return self.read().value

    def read_key_value(self) -> tuple[Any, Any]:
        """The next record's key and value."""
        row = self.read()
        return row.key, row.value

    def rows(self) -> list[Row]:
        """All records not read yet."""
        self._fetch()
        rows, self._rows = self._rows, []
        return rows

    def values(self) -> list[Any]:
        """Values of all records not read yet."""
        return [row.value for row in self.rows()]

    def key_values(self) -> list[tuple[Any, Any]]:
        """Keys and values of all records not read yet."""
        return [(row.key, row.value) for row in self.rows()]

    def to_map(self) -> Mapping[Any, Any]:
        """The last value per key among the records not read yet, as a table would have it."""
        return {row.key: row.value for row in self.rows()}

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _time(self, timestamp: int | None) -> int | None:
        if timestamp is not None or self.auto_advance_ms is None:
            return timestamp
        time, self._next_time = self._next_time, self._next_time + self.auto_advance_ms
        return time

    def _formats(self) -> tuple[Any, Any]:
        if self._key_format is None or self._value_format is None:
            message = f"no step of the topology says how topic {self.name!r} is written"
            raise ConfigurationError(message, hint="give formats: driver.topic(name, key=..., value=...)")
        return self._key_format, self._value_format

    def _fetch(self) -> None:
        partition = TopicPartition(self.name, 0)
        if self.name not in self._log.admin().topics():
            return
        key_format, value_format = self._formats()
        decode_key = key_format.decoder(self.name, is_key=True)
        decode_value = value_format.decoder(self.name, is_key=False)
        reader = self._log.reader()
        reader.assign({partition: self._position})
        while batches := reader.poll(10_000, 0.0):
            for batch in batches:
                for i, (key, value) in enumerate(zip(batch.keys, batch.values, strict=True)):
                    if batch.offsets[i] in self._piped:
                        continue
                    headers = () if batch.headers is None else batch.headers[i]
                    decoded_key = None if key is None else decode_key(key)
                    decoded = None if value is None else decode_value(value)
                    self._rows.append(Row(decoded_key, decoded, batch.timestamps[i], headers))
                self._position = batch.next_offset
        reader.close()
