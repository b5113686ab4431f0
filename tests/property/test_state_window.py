"""Window stores, cached or not, over both engines, against a dictionary."""

from hypothesis import given, settings
from hypothesis import strategies as st
from state_surroundings import IN_MEMORY, ON_DISK, opened

from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.state.spec import StoreKind, StoreSpec


class ByBytes(String):
    """Text whose decoded form does not stand for its bytes in caches."""

    exact = False


RETENTION = 70_000
KEYS = st.sampled_from(["", "a", "a\0\0\0\0\0\0\0\0", "ab", "b"])
STARTS = st.sampled_from([0, 1, 10, 500, 59_999, 60_000, 69_999, 70_000, 70_001, 129_999, 200_000])
VALUES = st.sampled_from([None, 0, 1, [1]])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, STARTS, VALUES, st.integers(0, 9)),
        st.tuples(st.just("fold"), KEYS, STARTS, st.integers(0, 9)),
        st.tuples(st.just("fetch"), KEYS, STARTS, STARTS, st.booleans()),
        st.tuples(st.just("fetch_all"), STARTS, STARTS, st.booleans()),
        st.tuples(st.just("fetch_keys"), KEYS, KEYS, STARTS, STARTS, st.booleans()),
        st.tuples(st.sampled_from(["flush", "commit", "rollback", "release"])),
    ),
    max_size=30,
)
KINDS = st.builds(
    StoreSpec,
    name=st.just("s"),
    kind=st.just(StoreKind.TIMESTAMPED_WINDOW),
    key_format=st.sampled_from([String(), ByBytes()]),
    value_format=st.just(Json()),
    caching=st.booleans(),
    retention_ms=st.just(RETENTION),
    window_size_ms=st.just(10),
)


class Model:
    def __init__(self):
        self.now, self.time, self.committed = {}, -1, ({}, -1)
        self.heard, self.heard_committed = {}, {}

    def put(self, key, start, value, timestamp):
        self.time = max(self.time, start)
        if start > self.time - RETENTION:
            self.now.pop((key, start), None)
            if value is not None:
                self.now[key, start] = (value, timestamp)

    def hear(self, windowed, new, old, timestamp, headers):
        at = windowed.key, windowed.start
        before = self.heard.pop(at, None)
        if windowed.start > self.time - RETENTION:  # the old value of an expired window may be gone already
            assert old == (None if before is None else before[0])
        if new is not None:
            self.heard[at] = (list(new) if isinstance(new, list) else new, timestamp)

    def entries(self, accepts):
        return [
            (key, start, *entry)
            for (key, start), entry in self.now.items()
            if start > self.time - RETENTION and accepts(key, start)
        ]


def appended(_key, value, aggregate):
    return [*(aggregate if isinstance(aggregate, list) else [aggregate]), value][-3:]


def plain(found):
    return [(windowed.key, windowed.start, value, timestamp) for windowed, value, timestamp in found]


def check_read(store, model, step):
    match step:
        case ("fetch", key, low, high, reverse):
            expected = model.entries(lambda of, start: of == key and low <= start <= high)
            expected.sort(key=lambda entry: entry[1], reverse=reverse)
            found = [(key, *entry) for entry in store.fetch(key, low, high, reverse=reverse)]
        case ("fetch_all", low, high, reverse):
            expected = model.entries(lambda _, start: low <= start <= high)
            expected.sort(key=lambda entry: (entry[1], entry[0]), reverse=reverse)
            found = plain(store.fetch_all(low, high, reverse=reverse))
        case ("fetch_keys", first, last, low, high, reverse):
            expected = model.entries(lambda of, start: first <= of <= last and low <= start <= high)
            expected.sort(key=lambda entry: entry[:2], reverse=reverse)
            found = plain(store.fetch_keys(first, last, low, high, reverse=reverse))
    assert found == expected


def run_step(store, surroundings, model, step):
    match step:
        case ("put", key, start, value, timestamp):
            store.put(key, start, list(value) if isinstance(value, list) else value, timestamp)
            model.put(key, start, value, timestamp)
            live = start > model.time - RETENTION
            assert store.get(key, start) == (model.now.get((key, start)) if live else None)
        case ("fold", key, start, timestamp):
            store.folder(list, appended)(key, 5, timestamp, (), start)
            before, newest = model.now.get((key, start), ([], -1))
            model.put(key, start, appended(key, 5, before), max(timestamp, newest))
        case ("flush",):
            store.flush()
        case ("commit",):
            surroundings.commit(store)
            model.committed, model.heard_committed = (dict(model.now), model.time), dict(model.heard)
        case ("rollback",):
            surroundings.rollback(store)
            (now, model.time), model.heard = model.committed, dict(model.heard_committed)
            model.now = dict(now)
        case ("release",):
            store.release(0.5)
        case _:
            check_read(store, model, step)
    assert store.stream_time == model.time


def check_store(engine, spec, steps):
    model = Model()
    with opened(spec, engine) as (store, surroundings, restored):
        store.set_flush_listener(model.hear, send_old=True)
        for step in steps:
            run_step(store, surroundings, model, step)
        surroundings.commit(store)
        assert (
            not spec.caching
            or model.heard.items()
            >= {(key, start): entry for key, start, *rest in model.entries(lambda *_: True) for entry in [tuple(rest)]}.items()
        )
        expected = sorted(model.entries(lambda *_: True), key=lambda entry: (entry[1], entry[0]))
        for held in (store, restored()):
            held.set_stream_time(model.time)
            assert plain(held.all()) == expected


@settings(max_examples=150, deadline=None)
@given(spec=KINDS, steps=STEPS)
def test_store_is_a_dictionary_that_forgets_what_has_expired(spec, steps):
    check_store(IN_MEMORY, spec, steps)


@settings(max_examples=15, deadline=None)
@given(spec=KINDS, steps=STEPS)
def test_store_on_disk_is_so_as_well(spec, steps):
    check_store(ON_DISK, spec, steps)
