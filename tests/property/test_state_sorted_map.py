"""The sorted map against a dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from headrace.state.sorted_map import SortedMap

KEYS = st.binary(max_size=2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers()),
        st.tuples(st.just("delete"), KEYS),
        st.tuples(st.just("scan"), st.none() | KEYS, st.none() | KEYS, st.booleans()),
    ),
    max_size=60,
)


@given(STEPS)
def test_map_is_a_sorted_dictionary(steps):
    found, model = SortedMap(), {}
    for step in steps:
        match step:
            case ("put", key, value):
                found.put(key, value)
                model[key] = value
            case ("delete", key):
                found.delete(key)
                model.pop(key, None)
            case ("scan", low, high, reverse):
                if low is not None and high is not None and low > high:
                    continue
                expected = [
                    (key, value) for key, value in model.items() if (low is None or low <= key) and (high is None or key < high)
                ]
                assert list(found.scan(low, high, reverse=reverse)) == sorted(expected, reverse=reverse)
    assert found.data == model


@given(st.sets(st.binary(max_size=3), max_size=400), st.booleans())
def test_scan_goes_on_while_entries_behind_it_are_deleted(keys, reverse):
    found = SortedMap()
    for key in keys:
        found.put(key, 0)
    seen = []
    for key, _ in found.scan(None, None, reverse=reverse):
        seen.append(key)
        found.delete(key)
    assert seen == sorted(keys, reverse=reverse)
    assert not found.data
