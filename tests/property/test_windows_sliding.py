"""Sliding windows against a model that keeps all records."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headrace.core.windows import SlidingWindows
from headrace.operators.sliding_aggregate import SlidingAggregate
from headrace.state.spec import StoreKind
from support.operator_bench import Bench, Surroundings

LONG = 1_000_000


def add_in_place(_key, value, values):
    values.append(value)
    return values


def add_to_copy(_key, value, values):
    return [*values, value]


def windows_of(timestamps, difference):
    """Start to the multiset of records, by the definition of KIP-450."""
    starts = {max(0, timestamp - difference) for timestamp in timestamps}
    starts |= {
        timestamp + 1
        for timestamp in timestamps
        if any(timestamp < other <= timestamp + 1 + difference for other in timestamps)
    }
    return {start: Counter(t for t in timestamps if start <= t <= start + difference) for start in starts}


@given(
    timestamps=st.lists(st.integers(0, 40), min_size=1, max_size=12),
    difference=st.integers(0, 12),
    caching=st.booleans(),
    aggregator=st.sampled_from([add_in_place, add_to_copy]),
)
def test_windows_hold_what_lies_in_them_in_any_order_of_arrival(timestamps, difference, caching, aggregator):
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Surroundings(Path(directory)))
        store = bench.open("store", StoreKind.TIMESTAMPED_WINDOW, caching=caching, window_size_ms=difference, retention_ms=LONG)
        bench.bind(SlidingAggregate("store", SlidingWindows(difference, LONG), list, aggregator))
        for timestamp in timestamps:
            bench.pipe("k", timestamp, timestamp)
        bench.flush()
        found = {start: (Counter(values), newest) for start, values, newest in store.fetch("k", 0, LONG)}
        last = {key[1]: Counter(values) for key, values, _ in bench.updates()}
        store.close()
    expected = windows_of(timestamps, difference)
    assert found == {start: (records, max(records)) for start, records in expected.items()}
    assert last == expected
