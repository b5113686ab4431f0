"""Aggregating parts first, and merging them, is the same as aggregating the records: also for what is late."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headrace.core.windows import TumblingWindows
from headrace.operators.partial_aggregate import PartialAggregate
from headrace.operators.tumbling_aggregate import TumblingAggregate
from headrace.state.spec import StoreKind
from support.operator_bench import Bench, Surroundings

LONG = 1_000_000
COMMIT = None


def add(_key, value, total):
    return total + value


def windows_after(steps, windows, *, in_parts):
    """Windows with values and times after records (key, time) and commits."""
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Surroundings(Path(directory)))
        store = bench.open("store", StoreKind.TIMESTAMPED_WINDOW, window_size_ms=windows.size_ms, retention_ms=LONG)
        aggregate = bench.bind(TumblingAggregate("store", windows, int, add))
        first = bench.beside("partial").then(aggregate).bind(PartialAggregate(windows, int, add)) if in_parts else aggregate
        for number, step in enumerate([*steps, COMMIT]):
            if step is COMMIT:
                first.pass_barriers()
            else:
                first.pipe(step[0], 1 << number, step[1])
        found = [(key.key, key.start, value, time) for key, value, time in store.fetch_all(0, LONG)]
        store.close()
        return found


steps = st.lists(st.none() | st.tuples(st.sampled_from("ab"), st.integers(0, 50)), max_size=25)


@given(steps, st.integers(1, 12), st.integers(0, 30))
def test_parts_of_windows_come_to_the_same_windows(steps, size, grace):
    windows = TumblingWindows(size, grace)
    assert windows_after(steps, windows, in_parts=True) == windows_after(steps, windows, in_parts=False)
