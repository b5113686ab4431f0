"""Stream-stream joins of records in any order, with a grace that covers it, against all pairs.

Times begin at 20, as near 0 Kafka Streams cuts windows off in its own way.
"""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headrace.formats.json import Json
from headrace.operators.joins.stream_stream import StreamJoinWindow, StreamStreamJoinSide
from headrace.state.spec import StoreKind
from support.operator_bench import Bench, Surroundings

EARLIEST, LATEST, GRACE = 20, 50, 40
FAR = 1_000

records = st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.integers(EARLIEST, LATEST)), max_size=12)


@st.composite
def spans(draw):
    before = draw(st.integers(-8, 12))
    return before, draw(st.integers(-before, 12))


def expected(numbered, how, before, after):
    """Value and timestamp of every pair in the window, and of what has no partner.

    A record that comes when no later one can be its partner any more, but for disorder, is a result by itself at once.
    """
    optional = {"inner": (), "left": (True,), "outer": (True, False)}[how]
    results, joined, alone, stream_time = Counter(), set(), set(), -1
    for position, (number, is_left, key, at) in enumerate(numbered):
        stream_time = max(stream_time, at)
        partners = [
            (other, other_at)
            for other, other_left, other_key, other_at in numbered[:position]
            if other_left != is_left
            and other_key == key
            and (at - before <= other_at <= at + after if is_left else other_at - before <= at <= other_at + after)
        ]
        for other, other_at in partners:
            results[(number, other, max(at, other_at)) if is_left else (other, number, max(at, other_at))] += 1
            joined |= {number, other}
        if not partners and at + (after if is_left else before) < stream_time:
            alone.add(number)
    for number, is_left, _, at in numbered:
        if is_left in optional and (number in alone or number not in joined):
            results[(number, None, at) if is_left else (None, number, at)] += 1
    return results


def side(bench, how, right, before, after):
    operator = StreamStreamJoinSide(
        join="join",
        other_store="left" if right else "right",
        joiner=lambda left, right: (left, right),
        with_key=False,
        right=right,
        outer=how == "outer" or (how == "left" and not right),
        before_ms=after if right else before,
        after_ms=before if right else after,
        grace_ms=GRACE,
        buffer=None if how == "inner" else "buffer",
    )
    joining = bench.beside("right-join" if right else "left-join").bind(operator)
    own = "right" if right else "left"
    return joining, bench.beside(own).bind(StreamJoinWindow(own)).then(joining)


@given(records, spans(), st.sampled_from(["inner", "left", "outer"]))
def test_every_pair_once_and_every_record_without_a_partner_once(given_records, span, how):
    before, after = span
    numbered = [(number, *record) for number, record in enumerate(given_records)]
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Surroundings(Path(directory)))
        for store in ("left", "right"):
            bench.open(store, StoreKind.WINDOW, retention_ms=FAR, window_size_ms=FAR, retain_duplicates=True)
        bench.open("buffer", StoreKind.OUTER_JOIN_BUFFER, right_value_format=Json())
        left, left_in = side(bench, how, False, before, after)
        right, right_in = side(bench, how, True, before, after)
        for number, is_left, key, at in numbered:
            (left_in if is_left else right_in).pipe(key, number, at)
        left_in.pipe("end", "end", FAR)
        results = Counter((*value, at) for joining in (left, right) for _, value, at in joining.records())
        for store in bench.stores.values():
            store.close()
    results.pop(("end", None, FAR), None)
    assert results == expected(numbered, how, before, after)
