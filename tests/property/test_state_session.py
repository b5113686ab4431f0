"""Session stores, cached or not, over both engines, against a dictionary."""

from hypothesis import given, settings
from hypothesis import strategies as st
from state_surroundings import IN_MEMORY, ON_DISK, opened

from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.state.spec import StoreKind, StoreSpec

RETENTION = 70_000
KEYS = st.sampled_from(["", "a", "a\0\0\0\0\0\0\0\0", "ab"])
TIMES = st.sampled_from([0, 1, 10, 59_999, 60_000, 70_000, 129_999, 130_001])
VALUES = st.sampled_from([None, None, 0, 1, [1]])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, TIMES, TIMES, VALUES),
        st.tuples(st.just("merge"), KEYS, TIMES, st.integers(0, 9)),
        st.tuples(st.just("fold"), KEYS, TIMES, VALUES, TIMES),
        st.tuples(st.just("find"), KEYS, TIMES, TIMES, st.booleans()),
        st.tuples(st.just("find_keys"), KEYS, KEYS, TIMES, TIMES, st.booleans()),
        st.tuples(st.just("ended_between"), TIMES, TIMES),
        st.tuples(st.sampled_from(["flush", "commit", "rollback", "release"])),
    ),
    max_size=30,
)
KINDS = st.builds(
    StoreSpec,
    name=st.just("s"),
    kind=st.just(StoreKind.SESSION),
    key_format=st.just(String()),
    value_format=st.just(Json()),
    caching=st.booleans(),
    retention_ms=st.just(RETENTION),
)


class Model:
    """Sessions by (key, end, start)."""

    def __init__(self):
        self.now, self.time, self.committed = {}, -1, ({}, -1)
        self.heard, self.heard_committed = {}, {}

    def hear(self, windowed, new, old, timestamp, headers):
        at = windowed.key, windowed.end, windowed.start
        before = self.heard.pop(at, None)
        assert timestamp == windowed.end
        if windowed.end > self.time - RETENTION:  # else it is handed out as it came, as without a cache
            assert new is not None or before is not None
            assert old == before
        if new is not None:
            self.heard[at] = list(new) if isinstance(new, list) else new

    def put(self, key, start, end, value):
        self.time = max(self.time, end)
        if end > self.time - RETENTION:
            self.now.pop((key, end, start), None)
            if value is not None:
                self.now[key, end, start] = value

    def live(self):
        return {at: value for at, value in self.now.items() if at[1] > self.time - RETENTION}


def plain(found):
    return [(windowed.key, windowed.end, windowed.start, value) for windowed, value in found]


def check_read(store, model, step):
    entries = [(*at, value) for at, value in model.live().items()]
    match step:
        case ("find", key, earliest, latest, reverse):
            expected = [entry for entry in entries if entry[0] == key and entry[1] >= earliest and entry[2] <= latest]
            expected.sort(key=lambda entry: entry[1:3], reverse=reverse)
            sessions = store.find(key, earliest, latest, reverse=reverse)
            found = [(key, end, start, value) for start, end, value in sessions]
        case ("find_keys", low, high, earliest, latest, reverse):
            expected = [e for e in entries if low <= e[0] <= high and e[1] >= earliest and e[2] <= latest]
            expected.sort(key=lambda entry: (entry[1], entry[2], entry[0]), reverse=reverse)
            found = plain(store.find_keys(low, high, earliest, latest, reverse=reverse))
        case ("ended_between", earliest, latest):
            expected = [entry for entry in entries if earliest <= entry[1] <= latest]
            expected.sort(key=lambda entry: (entry[1], entry[0], entry[2]))
            found = plain(store.ended_between(earliest, latest))
    assert found == expected


def merge(store, model, key, time, value):
    """What a session aggregation does: one session in place of those within the gap."""
    found = list(store.find(key, time - 20, time + 20))
    start = min([time, *(start for start, _, _ in found)])
    end = max([time, *(end for _, end, _ in found)])
    store.replace(key, found, start, end, value)
    for found_start, found_end, _ in found:
        if (found_start, found_end) != (start, end):
            model.put(key, found_start, found_end, None)
    model.put(key, start, end, value)


def fold(store, model, key, time, value, earliest_end):
    """The same in one call, unless the session would end too early; the aggregate tells what it was made from."""
    sessions = sorted(at for at in model.live() if at[0] == key and at[1] >= time - 20 and at[2] <= time + 20)
    start, end = min([time, *(at[2] for at in sessions)]), max([time, *(at[1] for at in sessions)])
    folded = store.folder(20, list, _append_unless_none, lambda _, one, other: [*one, other])
    assert folded(key, value, time, (), earliest_end) is (end >= earliest_end)
    if end >= earliest_end:
        merged = [model.now[at] for at in sessions]
        for _, old_end, old_start in sessions:
            if (old_start, old_end) != (start, end):
                model.put(key, old_start, old_end, None)
        model.put(key, start, end, None if value is None else [*merged, value])


def _append_unless_none(_, value, merged):
    return None if value is None else [*merged, value]


def run_step(store, surroundings, model, step):
    match step:
        case ("put", key, one, other, value):
            start, end = sorted((one, other))
            store.put(key, start, end, list(value) if isinstance(value, list) else value)
            model.put(key, start, end, value)
            assert store.get(key, start, end) == model.live().get((key, end, start))
        case ("merge", key, time, value):
            merge(store, model, key, time, value)
        case ("fold", key, time, value, earliest_end):
            fold(store, model, key, time, value, earliest_end)
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
        expected = sorted((end, start, key, value) for (key, end, start), value in map(_sortable, model.live().items()))
        for held in (store, restored()):
            held.set_stream_time(model.time)
            found = [(w.end, w.start, w.key, str(value)) for w, value in held.find_keys(None, None, 0, 10**9)]
            assert found == expected


def _sortable(entry):
    return entry[0], str(entry[1])


@settings(max_examples=150, deadline=None)
@given(spec=KINDS, steps=STEPS)
def test_store_is_a_dictionary_that_forgets_what_has_expired(spec, steps):
    check_store(IN_MEMORY, spec, steps)


@settings(max_examples=15, deadline=None)
@given(spec=KINDS, steps=STEPS)
def test_store_on_disk_is_so_as_well(spec, steps):
    check_store(ON_DISK, spec, steps)
