"""Sessions against a model that keeps all records."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headrace.core.windows import SessionWindows
from headrace.operators.session_aggregate import SessionAggregate
from headrace.state.spec import StoreKind
from support.operator_bench import Bench, Surroundings

LONG = 1_000_000


def add(_key, value, values):
    return [*values, value]


def join(_key, one, other):
    return [*one, *other]


def sessions_of(timestamps, gap):
    """(start, end) to the sorted records, by the definition: a pause longer than the gap ends a session."""
    sessions = []
    for timestamp in sorted(timestamps):
        if sessions and timestamp - sessions[-1][-1] <= gap:
            sessions[-1].append(timestamp)
        else:
            sessions.append([timestamp])
    return {(records[0], records[-1]): records for records in sessions}


@given(
    timestamps=st.lists(st.integers(0, 60), min_size=1, max_size=15),
    gap=st.integers(1, 10),
    caching=st.booleans(),
    flush_after=st.integers(0, 15),
)
def test_sessions_are_the_same_in_any_order_of_arrival(timestamps, gap, caching, flush_after):
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Surroundings(Path(directory)))
        store = bench.open("store", StoreKind.SESSION, caching=caching, retention_ms=LONG)
        bench.bind(SessionAggregate("store", SessionWindows(gap, LONG), list, add, join))
        for number, timestamp in enumerate(timestamps):
            bench.pipe("k", timestamp, timestamp)
            if number == flush_after:
                bench.flush()
        bench.flush()
        found = {(start, end): sorted(values) for start, end, values in store.find("k", 0, LONG)}
        shown = {key[1:]: values for key, values, _ in bench.updates()}
        store.close()
    expected = sessions_of(timestamps, gap)
    assert found == expected
    assert {bounds: sorted(values) for bounds, values in shown.items() if values is not None} == expected
