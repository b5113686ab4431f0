"""Key-value stores, cached or not, over both engines, against a dictionary."""

from hypothesis import given, settings
from hypothesis import strategies as st
from state_surroundings import IN_MEMORY, ON_DISK, opened

from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.state.spec import StoreKind, StoreSpec

KEYS = st.sampled_from(["", "a", "a\0", "ab", "b", "b\uffff", "zz"])
VALUES = st.sampled_from([None, 0, 1, "text", [1], {"n": [2]}])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, VALUES, st.integers(0, 9)),
        st.tuples(st.just("mutate"), KEYS),
        st.tuples(st.just("range"), st.none() | KEYS, st.none() | KEYS, st.booleans()),
        st.tuples(st.just("prefix"), KEYS),
        st.tuples(st.sampled_from(["flush", "commit", "rollback", "release", "count"])),
    ),
    max_size=30,
)


class Model:
    """What the store must hold, and what somebody who listens to its flushes must know."""

    def __init__(self):
        self.now, self.committed, self.heard, self.heard_committed = {}, {}, {}, {}

    def hear(self, key, new, old, timestamp, headers):
        before = self.heard.get(key)
        assert old == (None if before is None else before[0])
        if new is None:
            assert before is not None, "a delete of something nobody has heard of"
            del self.heard[key]
        else:
            self.heard[key] = (_copied(new), timestamp)

    def commit(self):
        self.committed, self.heard_committed = dict(self.now), dict(self.heard)

    def rollback(self):
        self.now, self.heard = dict(self.committed), dict(self.heard_committed)

    def entries(self, low, high, reverse):
        found = [
            (key, entry)
            for key, entry in self.now.items()
            if (low is None or key.encode() >= low.encode()) and (high is None or key.encode() <= high.encode())
        ]
        return sorted(found, key=lambda entry: entry[0].encode(), reverse=reverse)


def _copied(value):
    return list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value


def run_step(store, surroundings, model, step):
    match step:
        case ("put", key, value, timestamp):
            store.put(key, _copied(value), timestamp)
            model.now.pop(key, None)
            if value is not None:
                model.now[key] = (value, timestamp)
        case ("mutate", key):
            mutate_in_place(store, model, key)
        case ("commit",):
            surroundings.commit(store)
            model.commit()
        case ("rollback",):
            surroundings.rollback(store)
            model.rollback()
        case ("release",):
            store.release(0.5)
        case _:
            check(store, model, step)


def check(store, model, step):
    match step:
        case ("range", low, high, reverse):
            assert list(store.range(low, high, reverse=reverse)) == model.entries(low, high, reverse)
        case ("prefix", prefix):
            expected = [entry for entry in model.entries(None, None, False) if entry[0].startswith(prefix)]
            assert list(store.prefix_scan(prefix)) == expected
        case ("flush",):
            store.flush()
            assert not store.cached or model.heard == model.now
        case ("count",):
            assert store.approximate_count() >= len(model.now)


def mutate_in_place(store, model, key):
    """What an aggregator on mutable aggregates does: change the object it was given, and put it."""
    entry = store.get(key)
    if entry is not None and isinstance(entry[0], list):
        entry[0].append(7)
        store.put(key, entry[0], entry[1])
        value, timestamp = model.now[key]
        model.now[key] = ([*value, 7], timestamp)


class ByBytes(String):
    """Text whose decoded form does not stand for its bytes in caches."""

    exact = False


KINDS = st.builds(
    StoreSpec,
    name=st.just("s"),
    kind=st.just(StoreKind.TIMESTAMPED_KEY_VALUE),
    key_format=st.sampled_from([String(), ByBytes()]),
    value_format=st.just(Json()),
    caching=st.booleans(),
)


def check_store(engine, spec, steps):
    model = Model()
    with opened(spec, engine) as (store, surroundings, restored):
        store.set_flush_listener(model.hear, send_old=True)
        for step in steps:
            run_step(store, surroundings, model, step)
            if step[0] in ("put", "mutate"):
                assert store.get(step[1]) == model.now.get(step[1])
        surroundings.commit(store)
        assert not spec.caching or model.heard == model.now
        for held in (store, restored()):
            assert list(held.range(None, None)) == model.entries(None, None, False)
            assert held.position() == len(surroundings.committed) or not surroundings.committed


@settings(max_examples=150, deadline=None)
@given(spec=KINDS, steps=STEPS)
def test_store_is_a_sorted_dictionary_with_commit_rollback_and_restore(spec, steps):
    check_store(IN_MEMORY, spec, steps)


@settings(max_examples=15, deadline=None)
@given(spec=KINDS, steps=STEPS)
def test_store_on_disk_is_so_as_well(spec, steps):
    check_store(ON_DISK, spec, steps)
