"""What another thread sees of a table while it is in use: the same as `get`, and nothing of it is remembered."""

from pathlib import Path

import pytest

from headrace.formats import Json, String
from headrace.state.engines.memory import MemoryEngine
from headrace.state.memory import SharedMemory
from headrace.state.open import open_store
from headrace.state.spec import StoreKind, StoreSpec


class Context:
    """A context in which nothing is logged."""

    directory = Path()
    default_engine = MemoryEngine()

    def __init__(self) -> None:
        self.memory = SharedMemory(1 << 20)

    def changelog(self, _store: str) -> None:
        return None


def opened(key_format, *, caching: bool):
    kind = StoreKind.TIMESTAMPED_KEY_VALUE
    spec = StoreSpec(name="t", kind=kind, key_format=key_format, value_format=Json(), caching=caching, logging=False)
    return open_store(spec, Context())


@pytest.mark.parametrize("caching", [True, False])
@pytest.mark.parametrize("key_format", [String(), Json(str)])
def test_a_glance_sees_what_get_sees_at_every_stage(caching, key_format) -> None:
    spec = StoreSpec(
        name="t",
        kind=StoreKind.TIMESTAMPED_KEY_VALUE,
        key_format=key_format,
        value_format=Json(),
        caching=caching,
        logging=False,
    )
    store = open_store(spec, Context())
    stages = (
        lambda: store.put("a", [1], 5),
        store.flush,
        lambda: store.put("a", [1, 2], 6),
        store.flush,
        lambda: store.commit(1),
        lambda: store.put("a", None, 7),
        store.flush,
        lambda: store.commit(2),
    )
    seen = []
    for stage in stages:
        stage()
        seen.append(store.peek("a"))
        assert store.peek("b") is None
        assert store.peek("a") == store.get("a")
    assert seen == [([1], 5), ([1], 5), *[([1, 2], 6)] * 3, None, None, None]
    store.close()


def test_a_glance_leaves_the_cache_as_it_is() -> None:
    store = opened(String(), caching=True)
    store.put("a", [1], 5)
    store.flush()
    before = dict(store._cache.entries), dict(store._cache._flushed)
    assert store.peek("a") == ([1], 5)
    assert store.peek("nobody") is None
    assert (dict(store._cache.entries), dict(store._cache._flushed)) == before
    store.close()
