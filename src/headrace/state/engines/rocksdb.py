"""The engine on a disk: RocksDB through rocksdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import cast

from rocksdict import (
    AccessType,
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    Options,
    Rdict,
    WriteBatch,
    WriteBufferManager,
)

from headrace.core.errors import StateError, StoreClosedError, StoreCorruptError

_FORMAT = "headrace rocksdb store, format 1\n"
_FORMAT_FILE = "FORMAT"
_DATA = "rocksdb"
_POSITION = b"\xff\xff\xff\xff\xff\xff\xff\xffheadrace-position"
"""Reserved: no key of a store is allowed to be equal to it."""

_CHANGES_AT_ONCE = 200
"""rocksdict keeps Python to itself while it writes a batch, half a millisecond for so many. Queries are answered in between."""


class RocksDbStorage:
    """One RocksDB database: the store's bytes, and the position under a reserved key of the same batch.

    The write-ahead log is on and not synced: after a crash of the process nothing is missing, after one of the machine the
    end may be, but always data and position together, so that the rest is restored from the changelog.
    """

    def __init__(self, directory: Path, options: Options, *, read_only: bool = False) -> None:
        self._directory = directory
        access = AccessType.read_only() if read_only else AccessType.read_write()
        try:
            self._db = Rdict(str(directory / _DATA), options, access_type=access)
        except Exception as error:
            raise self._failed(error) from error

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        try:
            found: bytes | None = self._db.get(key)
        except Exception as error:
            raise self._failed(error) from error
        return found

    def scan(self, low: bytes | None, high: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Entries with low <= key < high in byte order (or reversed), as they are when the scan starts."""
        try:
            start = high if reverse else low
            entries = cast("Iterator[tuple[bytes, bytes]]", self._db.items(backwards=reverse, from_key=start))
        except Exception as error:
            raise self._failed(error) from error
        return self._backward(entries, low, high) if reverse else self._forward(entries, high)

    def _forward(self, entries: Iterator[tuple[bytes, bytes]], high: bytes | None) -> Iterator[tuple[bytes, bytes]]:
        for entry in entries:
            key = entry[0]
            if high is not None and key >= high:
                return
            if key != _POSITION:
                yield entry

    def _backward(
        self, entries: Iterator[tuple[bytes, bytes]], low: bytes | None, high: bytes | None
    ) -> Iterator[tuple[bytes, bytes]]:
        for entry in entries:
            key = entry[0]
            if low is not None and key < low:
                return
            if key not in (_POSITION, high):
                yield entry

    def write(
        self,
        changes: Iterable[tuple[bytes, bytes | None]],
        position: int | None,
        drop_ranges: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Applies changes, then drops ranges and sets the position; many changes in several batches, it in the last.

        A crash in between leaves the old position, from which all of them are restored once more.
        """
        rest = iter(changes)
        while True:
            batch, count = _batch_of(islice(rest, _CHANGES_AT_ONCE))
            if count < _CHANGES_AT_ONCE:
                break
            self._write(batch)
        for low, high in drop_ranges:
            batch.delete_range(low, high)
        if position is None:
            batch.delete(_POSITION)
        else:
            batch.put(_POSITION, position.to_bytes(8, "big", signed=True))
        self._write(batch)

    def _write(self, batch: WriteBatch) -> None:
        try:
            self._db.write(batch)
        except Exception as error:
            raise self._failed(error) from error

    def position(self) -> int | None:
        """The changelog offset up to which this data stands."""
        found = self.get(_POSITION)
        return None if found is None else int.from_bytes(found, "big", signed=True)

    def approximate_count(self) -> int:
        """RocksDB's estimate of the number of keys."""
        estimate = self._db.property_int_value("rocksdb.estimate-num-keys") or 0
        return max(0, estimate - (self.get(_POSITION) is not None))

    def size_bytes(self) -> int:
        """Bytes of live data files and of write buffers."""
        files = self._db.property_int_value("rocksdb.estimate-live-data-size") or 0
        return files + (self._db.property_int_value("rocksdb.cur-size-all-mem-tables") or 0)

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    def _failed(self, error: Exception) -> StateError:
        if type(error).__name__ == "DbClosedError":
            message = f"the store in {self._directory} is closed"
            return StoreClosedError(message)
        if "lock" in str(error).lower():
            message = f"the store in {self._directory} is open elsewhere: {error}"
            return StateError(message, hint="only one process may use a state directory: stop the other one")
        message = f"the store in {self._directory} is damaged: {error}"
        hint = f"stop the application and delete {self._directory}; the store is rebuilt from its changelog at the next start"
        return StoreCorruptError(message, hint=hint, directory=self._directory)


def _batch_of(changes: Iterable[tuple[bytes, bytes | None]]) -> tuple[WriteBatch, int]:
    """The changes as a batch, and how many they are."""
    batch, count = WriteBatch(raw_mode=True), 0
    for key, value in changes:
        count += 1
        if value is None:
            batch.delete(key)
        else:
            batch.put(key, value)
    return batch, count


@dataclass(frozen=True, slots=True, kw_only=True)
class RocksDbEngine:
    """Keeps a store's bytes in a RocksDB database of its own.

    Attributes:
        cache_bytes: One block cache, which the write buffers are charged to as well, for all databases of the process that
            are opened with equal options. It belongs to the process's memory limit: whoever wires the application takes it
            off what the caches of decoded objects may use.
        write_buffer_bytes: Size at which a database writes its buffer to a file.
        compression: `none`, `lz4`, `zstd` or `snappy`.
        read_only: Opens databases as they are now, beside a process that writes them; nothing can be written.
    """

    cache_bytes: int = 64 * 1024 * 1024
    write_buffer_bytes: int = 16 * 1024 * 1024
    compression: str = "lz4"
    read_only: bool = False

    @property
    def name(self) -> str:
        """`rocksdb`."""
        return "rocksdb"

    @property
    def persistent(self) -> bool:
        """True: data outlives the process."""
        return True

    def exists(self, directory: Path) -> bool:
        """Whether there is a database to be opened."""
        return (directory / _DATA).is_dir()

    def open(self, directory: Path) -> RocksDbStorage:
        """Opens or makes the database.

        Raises:
            StoreCorruptError: It is damaged.
            StateError: It was written in a format that this version does not know, or is in use by another process.
        """
        if not self.read_only:
            directory.mkdir(parents=True, exist_ok=True)
        elif not self.exists(directory):
            message = f"there is no store in {directory}"
            raise StateError(message)
        _check_format(directory)
        return RocksDbStorage(directory, self._options(), read_only=self.read_only)

    def _options(self) -> Options:
        blocks, buffers = _shared_memory(self.cache_bytes)
        table = BlockBasedOptions()
        table.set_block_cache(blocks)
        table.set_bloom_filter(10, False)
        table.set_cache_index_and_filter_blocks(True)
        table.set_pin_l0_filter_and_index_blocks_in_cache(True)
        # In pieces: the filter of a whole file with a million keys is larger than one of the many parts that the cache is
        # divided into, so that it was never kept, and each get read it anew (2,000,000 keys: 80 to 180 us instead of 12 to 24).
        table.set_index_type(BlockBasedIndexType.two_level_index_search())
        table.set_partition_filters(True)
        table.set_pin_top_level_index_and_filter(True)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_block_based_table_factory(table)
        options.set_write_buffer_manager(buffers)
        options.set_write_buffer_size(self.write_buffer_bytes)
        options.set_compression_type(getattr(DBCompressionType, self.compression)())
        options.set_max_log_file_size(1024 * 1024)
        options.set_keep_log_file_num(2)
        return options


@cache
def _shared_memory(cache_bytes: int) -> tuple[Cache, WriteBufferManager]:
    blocks = Cache(cache_bytes)
    return blocks, WriteBufferManager.new_write_buffer_manager_with_cache(cache_bytes // 2, False, blocks)


def _check_format(directory: Path) -> None:
    path = directory / _FORMAT_FILE
    if not path.exists():
        if (directory / _DATA).exists():
            message = f"{directory} holds a database but no {_FORMAT_FILE} file"
            hint = f"delete {directory}; the store is rebuilt from its changelog at the next start"
            raise StoreCorruptError(message, hint=hint)
        path.write_text(_FORMAT)
        return
    found = path.read_text(errors="replace")
    if found != _FORMAT:
        message = f"{path} says {found.strip()!r}, and this version reads only {_FORMAT.strip()!r}"
        hint = "use the version that wrote it, or delete the directory to rebuild the store from its changelog"
        raise StateError(message, hint=hint)
