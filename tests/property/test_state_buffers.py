"""Suppress, outer-join and stream-table buffers against sorted dictionaries, with commit, rollback and restore."""

from hypothesis import given, settings
from hypothesis import strategies as st
from state_surroundings import IN_MEMORY, opened

from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.state.spec import StoreKind, StoreSpec

KEYS = st.sampled_from(["", "a", "ab", "b"])
TIMES = st.integers(0, 9)
CONTROL = st.tuples(st.sampled_from(["flush", "commit", "rollback"]))


def spec(kind):
    return StoreSpec(name="s", kind=kind, key_format=String(), value_format=Json())


def run(kind, steps, apply, model, content):
    """Runs steps against store and model; `content` empties a store."""
    committed = model.copy()
    with opened(spec(kind), IN_MEMORY) as (store, surroundings, restored):
        for step in steps:
            match step:
                case ("flush",):
                    store.flush()
                case ("commit",):
                    surroundings.commit(store)
                    committed = model.copy()
                case ("rollback",):
                    surroundings.rollback(store)
                    model.clear()
                    model.update(committed)
                case _:
                    apply(store, model, step)
        surroundings.commit(store)
        return content(restored()), content(store)


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            CONTROL,
            st.tuples(st.just("put"), TIMES, KEYS, st.integers(0, 3) | st.none(), st.integers(0, 3) | st.none()),
            st.tuples(st.just("evict"), TIMES),
        ),
        max_size=40,
    )
)
def test_suppress_buffer_is_a_queue_of_keys(steps):
    def apply(store, model, step):
        match step:
            case ("put", time, key, new, old):
                store.put(time, key, new, old, time, (("t", str(time).encode()),))
                first, prior = model[key][:2] if key in model else (time, old)
                model[key] = (first, prior, new, old, time)
            case ("evict", time):
                due = sorted((entry[0], key) for key, entry in model.items() if entry[0] <= time)
                evicted = list(store.evict_while(lambda: store.earliest_time <= time))
                assert [(change.buffer_time, change.key) for change in evicted] == due
                for change in evicted:
                    _, _, new, old, timestamp = model.pop(change.key)
                    headers = (("t", str(timestamp).encode()),)
                    assert change[1:5] == (new, old, timestamp, headers)
        assert store.count == len(model)
        assert (store.size_bytes == 0) == (not model)
        for key, (_, prior, *_) in model.items():
            assert store.find(key).old == prior

    def content(store):
        size = store.size_bytes
        found = [(change.key, change.buffer_time, *change[1:4]) for change in store.evict_while(lambda: True)]
        assert store.size_bytes == 0
        return size, found

    model = {}
    after_restore, at_end = run(StoreKind.SUPPRESS_BUFFER, steps, apply, model, content)
    assert after_restore == at_end
    entries = sorted(((key, entry[0], *entry[2:]) for key, entry in model.items()), key=lambda entry: (entry[1], entry[0]))
    assert at_end[1] == entries


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            CONTROL,
            st.tuples(st.just("add"), TIMES, st.booleans(), KEYS, st.integers(0, 9)),
            st.tuples(st.just("remove"), TIMES, st.booleans(), KEYS),
        ),
        max_size=40,
    )
)
def test_outer_join_buffer_is_a_sorted_dictionary_of_lists(steps):
    def apply(store, model, step):
        match step:
            case ("add", time, is_left, key, value):
                store.add(time, is_left, key, value)
                model[time, is_left, key] = [*model.get((time, is_left, key), []), value]
            case ("remove", *at):
                assert store.remove(*at) == (model.pop(tuple(at), None) is not None)

    model = {}
    after_restore, at_end = run(StoreKind.OUTER_JOIN_BUFFER, steps, apply, model, lambda store: list(store.oldest()))
    assert after_restore == at_end == [(*at, values) for at, values in sorted(model.items())]


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.one_of(CONTROL, st.tuples(st.just("put"), KEYS, TIMES, st.integers(0, 9)), st.tuples(st.just("evict"), TIMES)),
        max_size=40,
    )
)
def test_stream_table_buffer_is_a_queue(steps):
    arrivals = iter(range(1000))

    def apply(store, model, step):
        match step:
            case ("put", key, time, value):
                store.put(key, value, time, (("h", None),))
                model[time, key, next(arrivals)] = value
            case ("evict", time):
                due = sorted(at for at in model if at[0] <= time)
                expected = [(key, model.pop((at, key, arrival)), at) for at, key, arrival in due]
                assert [record[:3] for record in store.evict_until(time)] == expected

    def content(store):
        return [record[:3] for record in store.evict_until(10**6)]

    model = {}
    after_restore, at_end = run(StoreKind.STREAM_TABLE_BUFFER, steps, apply, model, content)
    assert after_restore == at_end == [(key, value, time) for (time, key, _), value in sorted(model.items())]
