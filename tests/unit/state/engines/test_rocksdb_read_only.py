"""A database that is read beside the process that writes it."""

from pathlib import Path

import pytest

from headrace.core.errors import StateError
from headrace.state.engines.rocksdb import RocksDbEngine

WRITING = RocksDbEngine(cache_bytes=1 << 20)
READING = RocksDbEngine(cache_bytes=1 << 20, read_only=True)


def test_reads_what_was_committed_while_the_writer_is_open(tmp_path: Path):
    writer = WRITING.open(tmp_path)
    writer.write([(b"a", b"1")], 7)
    reader = READING.open(tmp_path)

    assert (reader.get(b"a"), reader.position()) == (b"1", 7)
    assert list(reader.scan(None, None)) == [(b"a", b"1")]

    writer.write([(b"a", b"2")], 8)
    assert reader.get(b"a") == b"1"
    reader.close()
    writer.close()


def test_cannot_be_written(tmp_path: Path):
    WRITING.open(tmp_path).close()
    reader = READING.open(tmp_path)

    with pytest.raises(StateError):
        reader.write([(b"a", b"1")], 1)
    reader.close()


def test_opening_makes_nothing(tmp_path: Path):
    assert not READING.exists(tmp_path)
    with pytest.raises(StateError):
        READING.open(tmp_path)

    assert not READING.exists(tmp_path)
    WRITING.open(tmp_path).close()
    assert READING.exists(tmp_path)
