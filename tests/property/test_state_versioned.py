"""Versioned stores against all puts that were accepted, kept for ever."""

from hypothesis import given, settings
from hypothesis import strategies as st
from state_surroundings import IN_MEMORY, ON_DISK, opened

from headrace.core.records import VersionedRecord
from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.state.api import NOT_PUT, VALID_TO_UNDEFINED
from headrace.state.spec import StoreKind, StoreSpec

HISTORY = 20
KEYS = st.sampled_from(["", "a", "ab"])
TIMES = st.integers(0, 60)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.sampled_from([None, 1, 2]), TIMES),
        st.tuples(st.just("delete"), KEYS, TIMES),
        st.tuples(st.sampled_from(["commit", "commit", "rollback"])),
    ),
    max_size=40,
)
SPEC = StoreSpec(name="s", kind=StoreKind.VERSIONED, key_format=String(), value_format=Json(), history_ms=HISTORY, caching=True)


class Model:
    def __init__(self):
        self.versions, self.time, self.committed = {}, -1, ({}, -1)

    def of(self, key):
        return sorted((time, value) for (at, time), value in self.versions.items() if at == key)

    def put(self, key, value, time):
        if time < self.time - HISTORY:
            return NOT_PUT
        self.time = max(self.time, time)
        self.versions[key, time] = (value,)
        return next((later for later, _ in self.of(key) if later > time), VALID_TO_UNDEFINED)

    def as_of(self, key, time):
        found = None
        for start, value in self.of(key):
            if start <= time:
                found = (start, value)
        if found is None or found[1] == (None,):
            return None
        valid_to = next((later for later, _ in self.of(key) if later > time), None)
        if valid_to is not None and time < self.time - HISTORY:
            return None
        return VersionedRecord(found[1][0], found[0], valid_to)


def run_step(store, surroundings, model, step):
    match step:
        case ("put", key, value, time):
            assert store.put(key, value, time) == model.put(key, value, time)
        case ("delete", key, time):
            expected = model.as_of(key, time) if time >= model.time - HISTORY else None
            assert store.delete(key, time) == expected
            model.put(key, None, time)
        case ("commit",):
            surroundings.commit(store)
            model.committed = (dict(model.versions), model.time)
        case ("rollback",):
            surroundings.rollback(store)
            versions, model.time = model.committed
            model.versions = dict(versions)


def check_all(store, model):
    for key in ("", "a", "ab"):
        assert store.get(key) == model.as_of(key, 10**9)
        for time in range(0, 62, 3):
            assert store.get_as_of(key, time) == model.as_of(key, time)


def check_store(engine, steps):
    model = Model()
    with opened(SPEC, engine) as (store, surroundings, restored):
        for step in steps:
            run_step(store, surroundings, model, step)
        check_all(store, model)
        surroundings.commit(store)
        check_all(store, model)
        other = restored()
        assert other.stream_time == model.time
        check_all(other, model)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_store_answers_as_if_it_had_kept_everything_within_history(steps):
    check_store(IN_MEMORY, steps)


@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_store_on_disk_does_so_as_well(steps):
    check_store(ON_DISK, steps)
