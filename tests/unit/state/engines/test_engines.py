import pytest

from headrace.core.errors import StateError, StoreClosedError, StoreCorruptError
from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine

SUPPLIERS = [MemoryEngine(), RocksDbEngine(cache_bytes=4 << 20)]


@pytest.fixture(params=SUPPLIERS, ids=lambda supplier: supplier.name)
def engine(request, tmp_path):
    engine = request.param.open(tmp_path / "store")
    yield engine
    engine.close()


def test_new_engine_is_empty_and_has_no_position(engine):
    assert engine.position() is None
    assert engine.get(b"a") is None
    assert list(engine.scan(None, None)) == []
    assert engine.approximate_count() == 0


def test_write_sets_values_and_position(engine):
    engine.write([(b"a", b"1"), (b"", b"empty key"), (b"b", b"")], 7)
    assert (engine.get(b"a"), engine.get(b""), engine.get(b"b")) == (b"1", b"empty key", b"")
    assert engine.position() == 7
    assert engine.approximate_count() == 3
    engine.write([(b"a", None)], 8)
    assert engine.get(b"a") is None
    assert engine.position() == 8


def test_write_without_position_leaves_none(engine):
    engine.write([(b"a", b"1")], 7)
    engine.write([(b"b", b"1")], None)
    assert engine.position() is None


def test_scan_is_in_byte_order_and_half_open(engine):
    keys = [b"", b"\x00", b"a", b"a\x00", b"b", b"\xff", b"\xff" * 40]
    engine.write([(key, b"v" + key) for key in reversed(keys)], 1)
    assert list(engine.scan(None, None)) == [(key, b"v" + key) for key in keys]
    assert [key for key, _ in engine.scan(None, None, reverse=True)] == keys[::-1]
    assert [key for key, _ in engine.scan(b"a", b"b")] == [b"a", b"a\x00"]
    assert [key for key, _ in engine.scan(b"a", b"b", reverse=True)] == [b"a\x00", b"a"]
    assert [key for key, _ in engine.scan(b"aa", None)] == [b"b", b"\xff", b"\xff" * 40]
    assert [key for key, _ in engine.scan(None, b"a", reverse=True)] == [b"\x00", b""]


def test_ranges_are_dropped_after_the_changes(engine):
    engine.write([(b"a", b"1"), (b"b", b"1"), (b"c", b"1")], 1)
    engine.write([(b"aa", b"1"), (b"c", b"2")], 2, [(b"a", b"b")])
    assert list(engine.scan(None, None)) == [(b"b", b"1"), (b"c", b"2")]


def test_scan_sees_many_entries_while_they_are_deleted(engine):
    keys = [b"%05d" % number for number in range(10_000)]
    engine.write([(key, b"") for key in keys], 1)
    seen = []
    for key, _ in engine.scan(None, None):
        seen.append(key)
        if len(seen) % 500 == 0:
            engine.write([(seen[-1], None)], 2)
    assert seen == keys


def test_rocksdb_keeps_data_and_position_over_a_restart(tmp_path):
    supplier = RocksDbEngine()
    engine = supplier.open(tmp_path)
    engine.write([(b"a", b"1")], 42)
    engine.close()
    engine = supplier.open(tmp_path)
    assert (engine.get(b"a"), engine.position()) == (b"1", 42)
    engine.close()


def test_rocksdb_that_dies_between_two_batches_keeps_the_old_position(tmp_path):
    entries = [(b"%05d" % number, b"new") for number in range(2_500)]
    engine = SUPPLIERS[1].open(tmp_path / "store")
    engine.write([(key, b"old") for key, _ in entries], 7)

    def dying():
        yield from entries[:1_500]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.write(dying(), 8)
    assert engine.position() == 7
    engine.write(entries, 8)
    assert list(engine.scan(None, None)) == entries
    assert engine.position() == 8
    engine.close()


def test_memory_forgets_at_close(tmp_path):
    engine = MemoryEngine().open(tmp_path)
    engine.write([(b"a", b"1")], 42)
    engine.close()
    assert MemoryEngine().open(tmp_path).position() is None


def test_damaged_database_is_named_with_the_mend(tmp_path):
    RocksDbEngine().open(tmp_path).close()
    (tmp_path / "rocksdb" / "CURRENT").write_text("nonsense")
    with pytest.raises(StoreCorruptError, match="is damaged") as caught:
        RocksDbEngine().open(tmp_path)
    assert str(tmp_path) in caught.value.message
    assert "rebuilt from its changelog" in (caught.value.hint or "")


def test_unknown_format_is_refused_and_left_alone(tmp_path):
    RocksDbEngine().open(tmp_path).close()
    (tmp_path / "FORMAT").write_text("headrace rocksdb store, format 99\n")
    with pytest.raises(StateError, match="format 99"):
        RocksDbEngine().open(tmp_path)
    assert (tmp_path / "rocksdb").exists()


def test_database_without_a_format_file_is_damaged(tmp_path):
    RocksDbEngine().open(tmp_path).close()
    (tmp_path / "FORMAT").unlink()
    with pytest.raises(StoreCorruptError, match="no FORMAT file"):
        RocksDbEngine().open(tmp_path)


def test_database_cannot_be_opened_twice(tmp_path):
    engine = RocksDbEngine().open(tmp_path)
    with pytest.raises(StateError, match="open elsewhere"):
        RocksDbEngine().open(tmp_path)
    engine.close()


def test_closed_database_says_so(tmp_path):
    engine = RocksDbEngine().open(tmp_path)
    engine.close()
    with pytest.raises(StoreClosedError):
        engine.get(b"a")
