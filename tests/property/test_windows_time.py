"""Tumbling and hopping windows, with emission on update and on close, against a model that keeps all records."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headrace.core.windows import HoppingWindows, TumblingWindows
from headrace.operators.hopping_aggregate import HoppingAggregate
from headrace.operators.tumbling_aggregate import TumblingAggregate
from headrace.state.spec import StoreKind
from support.operator_bench import Bench, Surroundings

LONG = 1_000_000


def zero():
    return 0


def count(_key, _value, counted):
    return counted + 1


def expected(records, windows):
    """What each window holds, and which are closed in the end: a record counts where end + grace > stream time."""
    counts, stream_time = {}, -1
    for key, timestamp in records:
        stream_time = max(stream_time, timestamp)
        for start in windows.starts(timestamp):
            if start + windows.size_ms + windows.grace_ms > stream_time:
                counts[key, start] = counts.get((key, start), 0) + 1
    closed = [(key, start) for key, start in counts if start + windows.size_ms + windows.grace_ms <= stream_time]
    return counts, sorted(closed, key=lambda window: window[::-1])


@st.composite
def some_windows(draw):
    size, grace = draw(st.integers(1, 12)), draw(st.integers(0, 8))
    if draw(st.booleans()):
        return TumblingWindows(size, grace)
    return HoppingWindows(size, draw(st.integers(1, size)), grace)


def run(records, windows, *, caching, emit_on_close):
    kind = TumblingAggregate if isinstance(windows, TumblingWindows) else HoppingAggregate
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Surroundings(Path(directory)))
        store = bench.open(
            "store",
            StoreKind.TIMESTAMPED_WINDOW,
            caching=caching,
            window_size_ms=windows.size_ms,
            retention_ms=LONG,
        )
        bench.bind(kind("store", windows, zero, count, emit_on_close))
        for key, timestamp in records:
            bench.pipe(key, None, timestamp)
        bench.flush()
        store.close()
        return [(key[0], key[1], counted) for key, counted, _ in bench.updates()]


records_in_any_order = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 50)), max_size=20)


@given(records=records_in_any_order, windows=some_windows(), caching=st.booleans())
def test_last_update_of_each_window_is_its_count(records, windows, caching):
    counts, _ = expected(records, windows)
    shown = {(key, start): counted for key, start, counted in run(records, windows, caching=caching, emit_on_close=False)}
    assert shown == counts


@given(records=records_in_any_order, windows=some_windows(), caching=st.booleans())
def test_each_closed_window_is_emitted_once_with_its_final_count(records, windows, caching):
    counts, closed = expected(records, windows)
    emitted = run(records, windows, caching=caching, emit_on_close=True)
    assert sorted(emitted, key=lambda window: (window[1], window[0])) == [(*window, counts[window]) for window in closed]
