"""What caches hold back: expired updates are handed out all the same, in an order of time, and reads as of the last flush."""

import pytest

from headrace.core.windows import Windowed
from headrace.formats.json import Json
from headrace.formats.primitive import Int64, String
from headrace.state.spec import StoreKind, StoreSpec


def spec(kind, key_format=String(), **settings):  # noqa: B008 - a frozen value
    given = {"name": "s", "key_format": key_format, "value_format": Int64(), "retention_ms": 1_000, "caching": True}
    return StoreSpec(kind=kind, **given | settings)


def listening(store):
    heard = []
    assert store.set_flush_listener(lambda *update: heard.append(update), send_old=True)
    return heard


@pytest.fixture(params=[String(), Json()], ids=["exact", "by bytes"])
def key_format(request):
    return request.param


def test_a_window_put_after_it_expired_is_handed_out_and_neither_kept_nor_logged(in_memory, key_format):
    store = in_memory.open(spec(StoreKind.TIMESTAMPED_WINDOW, key_format, window_size_ms=10))
    heard = listening(store)
    store.put("a", 5_000, 1, 5_000)
    store.put("a", 100, 7, 105)
    store.folder(lambda: 10, lambda key, value, total: total + value)("a", 5, 106, (), 100)
    store.flush()
    assert heard[-2:] == [(Windowed("a", 100, 110), 7, None, 105, ()), (Windowed("a", 100, 110), 15, None, 106, ())]
    assert store.get("a", 100) is None
    assert len(in_memory.logged) == 1


def test_a_session_put_after_it_expired_is_handed_out_and_neither_kept_nor_logged(in_memory, key_format):
    store = in_memory.open(spec(StoreKind.SESSION, key_format))
    heard = listening(store)
    store.put("a", 5_000, 5_000, 1)
    store.put("a", 100, 110, 7)
    store.flush()
    assert heard[-1] == (Windowed("a", 100, 110), 7, None, 110, ())
    assert store.get("a", 100, 110) is None
    assert len(in_memory.logged) == 1


def test_sessions_are_handed_out_by_their_ends_whatever_their_keys(in_memory, key_format):
    store = in_memory.open(spec(StoreKind.SESSION, key_format))
    heard = listening(store)
    store.put("a", 500, 500, 1)
    store.put("b", 100, 100, 2)
    store.put("a", 90, 95, 3)
    store.flush()
    assert [windowed.end for windowed, *_ in heard] == [95, 100, 500]


def test_key_value_reads_as_of_the_last_flush_do_not_see_what_was_put_since(in_memory, key_format):
    store = in_memory.open(spec(StoreKind.TIMESTAMPED_KEY_VALUE, key_format))
    store.put("a", 1, 10)
    assert store.get_flushed("a") is None
    store.flush()
    store.put("a", 2, 20)
    store.put("b", 3, 30)
    assert (store.get_flushed("a"), store.get_flushed("b")) == ((1, 10), None)
    assert dict(store.range(None, None)) == {"a": (2, 20), "b": (3, 30)}
    assert (store.get_flushed("a"), store.get_flushed("b")) == ((1, 10), None)
    store.flush()
    assert store.get_flushed("a") == (2, 20)


def test_window_and_session_reads_as_of_the_last_flush(in_memory, key_format):
    windows = in_memory.open(spec(StoreKind.TIMESTAMPED_WINDOW, key_format, window_size_ms=10))
    sessions = in_memory.open(spec(StoreKind.SESSION, key_format, name="t"))
    windows.put("a", 0, 1, 5)
    sessions.put("a", 0, 5, 1)
    assert windows.get_flushed("a", 0) is None
    assert sessions.get_flushed("a", 0, 5) is None
    windows.flush()
    sessions.flush()
    windows.put("a", 0, 2, 6)
    sessions.put("a", 0, 5, 2)
    assert windows.get_flushed("a", 0) == (1, 5)
    assert sessions.get_flushed("a", 0, 5) == 1
