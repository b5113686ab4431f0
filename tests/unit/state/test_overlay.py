import pytest

from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine
from headrace.state.overlay import Overlay


@pytest.fixture(params=[MemoryEngine(), RocksDbEngine()], ids=lambda supplier: supplier.name)
def engine(request, tmp_path):
    engine = request.param.open(tmp_path)
    yield engine
    engine.close()


def test_reads_merge_changes_over_the_engine(engine):
    engine.write([(b"a", b"1"), (b"b", b"1"), (b"d", b"1")], 1)
    overlay = Overlay(engine)
    overlay.put(b"b", None)
    overlay.put(b"c", b"2")
    overlay.put(b"d", b"2")
    overlay.put(b"e", b"2")
    expected = [(b"a", b"1"), (b"c", b"2"), (b"d", b"2"), (b"e", b"2")]
    assert [overlay.get(key) for key in (b"a", b"b", b"c", b"d")] == [b"1", None, b"2", b"2"]
    assert list(overlay.scan(None, None)) == expected
    assert list(overlay.scan(None, None, reverse=True)) == expected[::-1]
    assert list(overlay.scan(b"b", b"d")) == [(b"c", b"2")]
    assert list(overlay.scan(b"d", b"b")) == []
    assert overlay.approximate_count() == 4


def test_engine_is_untouched_until_the_commit(engine):
    overlay = Overlay(engine)
    overlay.put(b"a", b"1")
    assert engine.get(b"a") is None
    overlay.commit(5)
    assert (engine.get(b"a"), engine.position(), len(overlay)) == (b"1", 5, 0)


def test_rollback_forgets_changes(engine):
    engine.write([(b"a", b"1")], 1)
    overlay = Overlay(engine)
    overlay.put(b"a", b"2")
    overlay.put(b"b", b"2")
    overlay.rollback()
    assert list(overlay.scan(None, None)) == [(b"a", b"1")]
    assert overlay.memory_bytes() == 0


def test_scan_does_not_see_later_puts(engine):
    overlay = Overlay(engine)
    for key in (b"a", b"b", b"c"):
        overlay.put(key, b"1")
    seen = []
    for key, _ in overlay.scan(None, None):
        seen.append(key)
        overlay.put(key, None)
        overlay.put(key + b"z", b"2")
    assert seen == [b"a", b"b", b"c"]
    assert [key for key, _ in overlay.scan(None, None)] == [b"az", b"bz", b"cz"]


def test_commit_moves_the_position_even_without_changes(engine):
    overlay = Overlay(engine)
    overlay.commit(9)
    assert engine.position() == 9
