"""A topic as tests use it: pipe values in, read values out."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from headrace.core.attributes import NamesWhatItHas
from headrace.core.errors import ConfigurationError, DecodeError, EncodeError
from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers
from headrace.core.time import Duration, to_ms
from headrace.formats.api import Format
from headrace.formats.json import Json
from headrace.formats.resolve import format_of
from headrace.formats.text import from_text
from headrace.log.api import Log
from headrace.testing.named_topics import Formats
from headrace.testing.table import TableRow, has_times, parse_table

if TYPE_CHECKING:
    from headrace.testing.driver import TestDriver


class Row(NamedTuple):
    """A record read from a topic; rows are equal to tuples (key, value, timestamp, headers)."""

    key: Any
    value: Any
    timestamp: int
    headers: Headers = ()


class _RawRow(NamedTuple):
    """A record as it was written."""

    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Headers


class TestTopic(NamesWhatItHas):
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
        formats: Formats | None,
        piped: Container[int],
    ) -> None:
        self.name = name
        self.auto_advance_ms: int | None = None
        self._driver = driver
        self._log = log
        self._next_time = 0
        self._position = 0
        self._unread: deque[_RawRow] = deque()
        self._piped = piped
        self._key_format: Format[Any] | None = None if formats is None else formats[0]
        self._value_format: Format[Any] | None = None if formats is None else formats[1]

    def with_formats(self, key: Any = None, value: Any = None) -> TestTopic:
        """Reads and writes by other formats (or types) from now on; None leaves one as it is. Returns the topic itself."""
        if key is not None:
            self._key_format = format_of(key)
        if value is not None:
            self._value_format = format_of(value)
        return self

    # ---- in -------------------------------------------------------------------------------------------------------

    def advancing(self, start: int, by: Duration) -> TestTopic:
        """Records piped without a timestamp get `start` (ms), then `by` more each time; returns the topic itself."""
        self._next_time = start
        self.auto_advance_ms = to_ms(by)
        return self

    def pipe(self, key: Any, value: Any, timestamp: int | None = None, headers: Headers = ()) -> None:
        """One record, processed with all that follows from it.

        Raises:
            EncodeError: Key or value do not fit the topic's formats.
            UnknownTopicError: No source reads the topic.
        """
        raw_key, raw_value = self._encoded(key, value)
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
        """Records as a table literal (`testing.table`): columns `key`, `@` (event time), and `value` or its fields.

        >>> topic.pipe_table('''  # doctest: +SKIP
        ...     key   | @        | page  | ms
        ...     alice | 00:00:01 | /home | 120
        ...     bob   | 00:00:02 | /cart | 80
        ... ''')
        """
        for row in parse_table(text):
            self.pipe(*self._of_table(row))

    # ---- out ------------------------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether everything was read."""
        return self.queue_size == 0

    @property
    def queue_size(self) -> int:
        """How many records are there to read."""
        self._fetch()
        return len(self._unread)

    def read(self) -> Row:
        """The next record. Raises LookupError if there is none."""
        self._fetch()
        if not self._unread:
            message = f"no more records in topic {self.name!r}"
            raise LookupError(message)
        return self._decoded(self._unread.popleft())

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
        rows = [self._decoded(raw) for raw in self._unread]
        self._unread.clear()
        return rows

    def values(self) -> list[Any]:
        """Values of all records not read yet."""
        return [row.value for row in self.rows()]

    def key_values(self) -> list[tuple[Any, Any]]:
        """Keys and values of all records not read yet."""
        return [(row.key, row.value) for row in self.rows()]

    def to_map(self) -> Mapping[Any, Any]:
        """The last value per key among the records not read yet; None for one that was deleted."""
        return {row.key: row.value for row in self.rows()}

    def expect_table(self, text: str) -> None:
        """Compares all records not read yet, in order, with a table literal; times only if it has the column `@`.

        Raises:
            AssertionError: They differ; the message shows both.
        """
        timed = has_times(text)
        expected = [self._of_table(row) for row in parse_table(text)]
        found = [(row.key, row.value, row.timestamp if timed else None) for row in self.rows()]
        if found != expected:
            sides = (("expected", expected), ("found", found))
            lists = ["\n".join([f"{side}:", *(f"  {row}" for row in rows)]) for side, rows in sides]
            message = f"topic {self.name!r} holds other records\n" + "\n".join(lists)
            raise AssertionError(message)

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _time(self, timestamp: int | None) -> int | None:
        if timestamp is not None or self.auto_advance_ms is None:
            return timestamp
        time, self._next_time = self._next_time, self._next_time + self.auto_advance_ms
        return time

    def _formats(self) -> Formats:
        if self._key_format is None or self._value_format is None:
            message = f"no step of the topology says how topic {self.name!r} is written"
            raise ConfigurationError(message, hint="give formats: driver.topic(name, key=..., value=...)")
        return self._key_format, self._value_format

    def _of_table(self, row: TableRow) -> tuple[Any, Any, int | None]:
        """Key, value and time of a line, as the topic's formats have them."""
        key_format, value_format = self._formats()
        value: Any = row.value
        if isinstance(value, str):
            value = from_text(value_format, value)
        elif value is not None and isinstance(value_format, Json):
            value = self._value("value", orjson.dumps(value), value_format)
        return None if row.key is None else from_text(key_format, row.key), value, row.timestamp

    def _encoded(self, key: Any, value: Any) -> tuple[bytes | None, bytes | None]:
        parts = (("key", key, self._formats()[0]), ("value", value, self._formats()[1]))
        raw = [None if part is None else self._bytes(what, part, written_as) for what, part, written_as in parts]
        return raw[0], raw[1]

    def _bytes(self, what: str, part: Any, written_as: Format[Any]) -> bytes:
        try:
            return written_as.encoder(self.name, is_key=what == "key")(part)
        except Exception as error:
            message = f"{what} {part!r} cannot be written to topic {self.name!r} as {written_as!r}: {error}"
            hint = f"pipe what its format takes, or give another one: driver.topic({self.name!r}, {what}=...)"
            raise EncodeError(message, hint=hint) from error

    def _decoded(self, raw: _RawRow) -> Row:
        key_format, value_format = self._formats()
        key = None if raw.key is None else self._value("key", raw.key, key_format)
        value = None if raw.value is None else self._value("value", raw.value, value_format)
        return Row(key, value, raw.timestamp, raw.headers)

    def _value(self, what: str, raw: bytes, written_as: Format[Any]) -> Any:
        try:
            return written_as.decoder(self.name, is_key=what == "key")(raw)
        except Exception as error:
            message = f"a {what} of topic {self.name!r} cannot be read as {written_as!r}: {raw!r} ({error})"
            raise DecodeError(message, hint=f"give another format: driver.topic({self.name!r}, {what}=...)") from error

    def _fetch(self) -> None:
        """Takes over what has been written since; bytes, so that formats may still be given."""
        if self.name not in self._log.admin().topics():
            return
        reader = self._log.reader()
        reader.assign({TopicPartition(self.name, 0): self._position})
        while batches := reader.poll(10_000, 0.0):
            for batch in batches:
                for i, offset in enumerate(batch.offsets):
                    if offset not in self._piped:
                        headers = () if batch.headers is None else batch.headers[i]
                        self._unread.append(_RawRow(batch.keys[i], batch.values[i], batch.timestamps[i], headers))
                self._position = batch.next_offset
        reader.close()
