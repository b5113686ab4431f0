"""Records of one input partition, waiting for their turn: decoded on use, or ahead in pieces when the turn of those comes."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from types import FunctionType, MethodType
from typing import Any

from headrace.core.errors import DecodeError, HeadraceError, RegistryError
from headrace.core.identifiers import TopicPartition
from headrace.core.time import UNKNOWN_TIME
from headrace.formats.api import Format
from headrace.formats.fault_place import place_of
from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.log.api import RecordBatch
from headrace.runtime.tasks.batch import Column, DecodedBatch, DecodedOnUse, LeftOut, only
from headrace.runtime.tasks.compile import Entrance
from headrace.runtime.tasks.extraction import Extraction

_SHOWN_BYTES = 48
_DEFAULTS: dict[str, Format[Any]] = {"key": String(), "value": Json()}

_DECODED_AT_ONCE = 256
"""Records: as dictionaries their values, of about a kilobyte each, then fit into the processor's second cache."""

_SMALL_DECODED_AT_ONCE = 1_024
"""The same of values that are no dictionaries or lists: objects with a few fields take a quarter of the memory."""

BadRecord = Callable[[RecordBatch, int, Exception], None]
"""Told about a record (by its index) that cannot be read, when its turn comes; returns if it is to be left out."""


Decode = Callable[[bytes], Any]
DecodeColumn = Callable[[Sequence[bytes | None]], Iterator[Any]]
"""Decodes one item after the other; None stays None."""


def _column_decoder(decode: Decode) -> DecodeColumn:
    def column(raw: Sequence[bytes | None]) -> Iterator[Any]:
        if all(raw):  # the quickest way to see that there is no None
            return map(decode, raw)  # type: ignore[arg-type]  # no None in it, just checked
        return (None if item is None else decode(item) for item in raw)

    return column


def _column_decoder_on_use(decode: Decode) -> DecodeColumn:
    """The same for a loop that is ready for records which cannot be decoded: None is one of them, and is not looked for.

    Not for a batch that begins with None: there may be many more in it.
    """
    return partial(map, decode) if _refuses_none(decode) else _column_decoder(decode)


def _refuses_none(decode: Any) -> bool:
    if isinstance(decode, FunctionType | MethodType):
        return False  # of somebody who does not expect to be asked
    try:
        decode(None)
    except Exception:
        return True
    return False


class RecordQueue:
    """One input partition of a task.

    Args:
        partition: Where the records come from.
        entrance: Where its records go.
        key_format / value_format: How to read them.
        extraction: How to find their times.
        bad_record: What to do with one that cannot be read.
        reader: Who reads, for messages: the source's name, and its line in the program.
        on_use: Whether records may be decoded by the loop that uses them, which then has to be ready for `UnreadError`. They
            are decoded ahead all the same where their times, or whether they have one, cannot be known otherwise.
    """

    def __init__(
        self,
        partition: TopicPartition,
        entrance: Entrance,
        key_format: Format[Any],
        value_format: Format[Any],
        extraction: Extraction,
        bad_record: BadRecord,
        reader: str = "",
        *,
        on_use: bool = False,
    ) -> None:
        self.partition = partition
        self.entrance = entrance
        self.partition_time = UNKNOWN_TIME
        self.batch: DecodedBatch | None = None
        self.index = 0
        self.next_offset: int | None = None
        self._raw: RecordBatch | None = None
        self.waiting_records = 0
        self._waiting: deque[RecordBatch] = deque()
        key_decoder = key_format.decoder(partition.topic, is_key=True)
        value_decoder = value_format.decoder(partition.topic, is_key=False)
        self._decode_keys, self._decode_values = _column_decoder(key_decoder), _column_decoder(value_decoder)
        self._keys_on_use, self._values_on_use = _column_decoder_on_use(key_decoder), _column_decoder_on_use(value_decoder)
        self._extraction = extraction
        self._bad_record = bad_record
        self._formats = {"key": key_format, "value": value_format}
        self._reader = reader
        self._on_use = on_use
        self._ahead_until = 0
        self._at_once = _DECODED_AT_ONCE

    def add(self, batch: RecordBatch) -> None:
        """Takes a batch; batches come in order."""
        self._waiting.append(batch)
        self.waiting_records += len(batch.offsets)

    @property
    def head_time(self) -> int | None:
        """Event time of the next record; None if there is none."""
        batch = self._ready()
        return None if batch is None else batch.times[self.index]

    @property
    def next_timestamp(self) -> int | None:
        """The time of the next record as far as it is known without decoding; None if none waits."""
        if self.batch is not None:
            return self.batch.times[self.index]
        return next((raw.timestamps[0] for raw in self._waiting if raw.timestamps), None)

    def advance(self, index: int) -> None:
        """Notes that all records of the batch in hand before `index` are done."""
        batch = self.batch
        assert batch is not None
        done = index - self.index
        if done:
            times = batch.times if done == len(batch.times) else batch.times[self.index : index]
            highest = max(times)
            self.partition_time = max(self.partition_time, highest)
            self.waiting_records -= done
        self.index = index
        if done:
            self.next_offset = batch.offsets[index - 1] + 1
        at_end = index >= len(batch.times)
        if batch.left_out:
            self._pass_left_out(batch.left_out, batch.next_offset if at_end else batch.offsets[index])
        if at_end:
            self.next_offset = batch.next_offset
            self.batch = None
            self.index = 0

    def run_end(self, stop: int) -> int:
        """Where a run of records that begins at the one in hand has to end, at the latest before index `stop`.

        A record that was left out comes between the one before it and the one behind it: what follows it must not be touched
        before the error policy has seen it.
        """
        batch = self.batch
        assert batch is not None
        if batch.left_out:
            return min(stop, bisect_left(batch.offsets, batch.left_out[0].offset))
        return stop

    def read_ahead(self, index: int) -> None:
        """Goes back to where the loop could not decode a record: the rest of the batch is decoded before it is used.

        So there is one place only that deals with records that cannot be read.
        """
        raw = self._raw
        assert raw is not None
        self.advance(index)
        self._ahead_until = raw.next_offset
        self._waiting.appendleft(_cut(raw, index, len(raw.offsets)))
        self.batch = None
        self.index = 0

    def clear(self) -> None:
        """Forgets what is waiting."""
        self._waiting.clear()
        self.batch = None
        self.index = 0
        self.waiting_records = 0

    def _ready(self) -> DecodedBatch | None:
        while self.batch is None and self._waiting:
            raw = self._waiting.popleft()
            on_use = self._may_decode_on_use(raw)
            if not on_use and len(raw.offsets) > self._at_once:
                self._waiting.extendleft(reversed(_pieces(raw, self._at_once)))
                continue
            self._raw = raw
            batch = self._undecoded(raw) if on_use else self._decoded(raw)
            if batch.times:
                self.waiting_records -= len(raw.offsets) - len(batch.times)
                self.batch = batch
                self.index = 0
                if batch.left_out:
                    self._pass_left_out(batch.left_out, batch.offsets[0])
            else:
                self.waiting_records -= len(raw.offsets)
                self._pass_left_out(batch.left_out, raw.next_offset)
                self.next_offset = raw.next_offset
        return self.batch

    def _pass_left_out(self, left_out: list[LeftOut], before: int) -> None:
        """Deals with what was left out before an offset, and moves the position past it."""
        assert self._raw is not None
        while left_out and left_out[0].offset < before:
            entry = left_out.pop(0)
            self._bad_record(self._raw, entry.index, entry.error)
            self.next_offset = entry.offset + 1

    def _may_decode_on_use(self, raw: RecordBatch) -> bool:
        if not self._on_use or not raw.offsets or raw.offsets[0] < self._ahead_until:
            return False
        return (min(raw.timestamps) if raw.oldest is None else raw.oldest) >= 0

    def _undecoded(self, raw: RecordBatch) -> DecodedBatch:
        keys = DecodedOnUse(raw.keys, self._decode_keys if raw.keys[0] is None else self._keys_on_use)
        values = DecodedOnUse(raw.values, self._decode_values if raw.values[0] is None else self._values_on_use)
        return _with_columns(raw, keys, values, [])

    def _decoded(self, raw: RecordBatch) -> DecodedBatch:
        left_out: list[LeftOut] = []
        keys: Sequence[Any]
        values: Sequence[Any]
        try:
            keys, values = list(self._decode_keys(raw.keys)), list(self._decode_values(raw.values))
            kept: Sequence[int] | None = None
            if values:
                self._at_once = _DECODED_AT_ONCE if isinstance(values[0], dict | list) else _SMALL_DECODED_AT_ONCE
        except RegistryError:
            raise  # the records may be as good as any others: no policy for bad ones is asked
        except Exception:  # any format may raise anything; each record is then tried by itself
            keys, values, kept = self._decode_each(raw, left_out)
        batch = _with_columns(raw, keys, values, left_out)
        if kept is not None:
            batch = only(batch, kept, decoded_columns=False)
        times, untimed, kept = self._extraction.times(self.partition, batch, self.partition_time)
        batch.times = times
        if untimed:
            places = {offset: index for index, offset in enumerate(raw.offsets)}
            left_out.extend(LeftOut(places[batch.offsets[index]], batch.offsets[index], error) for index, error in untimed)
            left_out.sort(key=attrgetter("offset"))
        return batch if kept is None else only(batch, kept, decoded_columns=True)

    def _decode_each(self, raw: RecordBatch, left_out: list[LeftOut]) -> tuple[list[Any], list[Any], list[int]]:
        keys: list[Any] = []
        values: list[Any] = []
        kept: list[int] = []
        for index, offset in enumerate(raw.offsets):
            part, data = "key", raw.keys[index]
            try:
                (key,) = self._decode_keys([data])
                part, data = "value", raw.values[index]
                (value,) = self._decode_values([data])
            except RegistryError:
                raise
            except Exception as error:
                left_out.append(LeftOut(index, offset, self._undecodable(part, data or b"", error)))
                continue
            keys.append(key)
            values.append(value)
            kept.append(index)
        return keys, values, kept

    def _undecodable(self, part: str, data: bytes, error: Exception) -> DecodeError:
        form = self._formats[part]
        why = error.message if isinstance(error, HeadraceError) else f"{type(error).__name__}: {error}"
        shown = f"{data[:_SHOWN_BYTES]!r}{'...' if len(data) > _SHOWN_BYTES else ''}"
        reader = f"; it is read by {self._reader}" if self._reader else ""
        message = f"the {part} of a record cannot be read as {form!r}: {shown} ({why}){reader}"
        default = f"{form!r} is the default, " if form == _DEFAULTS[part] else ""
        hint = f'{default}give the right format in Consumed({part}=...), or choose: on_decode_error="skip" or "dlq"'
        schema_id = error.schema_id if isinstance(error, DecodeError) else None
        wrapped = DecodeError(message, hint=hint, field=place_of(error), schema_id=schema_id, part=part)
        wrapped.__cause__ = error
        return wrapped


def _with_columns(raw: RecordBatch, keys: Column, values: Column, left_out: list[LeftOut]) -> DecodedBatch:
    """The batch with these keys and values, at the records' own times."""
    return DecodedBatch(
        raw.offsets,
        keys,
        values,
        raw.timestamps,
        raw.keys,
        raw.values,
        raw.timestamps,
        raw.headers,
        raw.next_offset,
        left_out,
    )


def _pieces(batch: RecordBatch, size: int) -> list[RecordBatch]:
    """The batch in pieces so small that decoded values are still in the processor's caches when they are used."""
    count = len(batch.offsets)
    return [_cut(batch, low, min(count, low + size)) for low in range(0, count, size)]


def _cut(batch: RecordBatch, low: int, high: int) -> RecordBatch:
    """The records [low, high) of a batch; the position after the last one is the batch's own."""
    return RecordBatch(
        batch.topic,
        batch.partition,
        batch.offsets[low:high],
        batch.timestamps[low:high],
        batch.keys[low:high],
        batch.values[low:high],
        None if batch.headers is None else batch.headers[low:high],
        batch.next_offset if high == len(batch.offsets) else batch.offsets[high - 1] + 1,
        batch.oldest,
    )
