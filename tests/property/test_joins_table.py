"""Table-table and foreign-key joins: the results, added up, are the join of both tables as they stand."""

import tempfile
from collections import deque
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.formats.subscription import CombinedKeyFormat, SubscriptionFormat
from headrace.operators.joins.foreign_table_join import ForeignTableJoin
from headrace.operators.joins.response_join import ResponseJoin
from headrace.operators.joins.subscription_receive import SubscriptionJoin, SubscriptionReceive
from headrace.operators.joins.subscription_send import SubscriptionSend
from headrace.operators.joins.table_table import TableTableJoinSide, TableTableMerge
from headrace.operators.joins.table_table_view import TableTableJoinView
from headrace.operators.table_source import TableSource
from headrace.operators.views import StoreView
from support.operator_bench import Bench, Surroundings

OPTIONAL = {"inner": (False, False), "left": (False, True), "outer": (True, True)}

values = st.none() | st.integers(0, 3)
updates = st.lists(st.tuples(st.booleans(), st.sampled_from("abc"), values), max_size=20)


def pair(left, right):
    return [left, right]


@contextmanager
def task():
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Surroundings(Path(directory)))
        yield bench
        for store in bench.stores.values():
            store.close()


def put(table, key, value):
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def joined(left, right, how):
    keys = {"inner": left.keys() & right.keys(), "left": left.keys(), "outer": left.keys() | right.keys()}[how]
    return {key: [left.get(key), right.get(key)] for key in keys}


@given(updates, st.sampled_from(["inner", "left", "outer"]))
def test_table_join_follows_both_tables_and_knows_its_old_values(given_updates, how):
    left_optional, right_optional = OPTIONAL[how]
    with task() as bench:
        bench.open("left")
        bench.open("right")
        merge = bench.beside("merge").bind(TableTableMerge())
        this = TableTableJoinSide(StoreView("right"), pair, False, False, left_optional, right_optional, send_old=True)
        other = TableTableJoinSide(StoreView("left"), pair, False, True, right_optional, left_optional, send_old=True)
        left_in, right_in = (
            bench.beside(name).bind(TableSource(name, send_old=True)).then(bench.beside(f"{name}-side").bind(side).then(merge))
            for name, side in (("left", this), ("right", other))
        )
        view = TableTableJoinView(StoreView("left"), StoreView("right"), pair, False, left_optional, right_optional)
        get = view.bind(bench)
        left, right, result = {}, {}, {}
        for is_left, key, value in given_updates:
            put(left if is_left else right, key, value)
            (left_in if is_left else right_in).pipe(key, value)
            for changed, new, old in merge.changes():
                assert result.get(changed) == old
                put(result, changed, new)
            assert result == joined(left, right, how)
            assert {key: found[0] for key in "abc" if (found := get(key))} == result


class ForeignKeyJoin:
    """The whole join with its two topics, each of which is read when it is asked for."""

    def __init__(self, bench, left):
        keys = CombinedKeyFormat(String(), String())
        bench.open("left")
        bench.open("right")
        bench.open("subs", key_format=keys, value_format=SubscriptionFormat(String()))
        self.registrations, self.responses, self.result = deque(), deque(), {}
        send = bench.beside("send").bind(SubscriptionSend(lambda _key, row: row[0], left, "fk", String(), Json()))
        self._left = bench.beside("left").bind(TableSource("left", send_old=True)).then(send)
        join = bench.beside("join").bind(SubscriptionJoin(StoreView("right")))
        self._receive = bench.beside("receive").bind(SubscriptionReceive("subs")).then(join)
        changed = bench.beside("changed").bind(ForeignTableJoin("subs", keys))
        self._right = bench.beside("right").bind(TableSource("right", send_old=True)).then(changed)
        self._resolve = bench.beside("resolve").bind(ResponseJoin(StoreView("left"), pair, False, left, "fk", Json()))
        self._writers = ((send, self.registrations), (join, self.responses), (changed, self.responses))

    def left(self, key, value):
        self._left.pipe(key, value)
        self._write()

    def right(self, key, value):
        self._right.pipe(key, value)
        self._write()

    def read_registration(self):
        if self.registrations:
            self._receive.pipe(*self.registrations.popleft())
            self._write()

    def read_response(self):
        if self.responses:
            self._resolve.pipe(*self.responses.popleft())
            for key, value, _ in self._resolve.records():
                put(self.result, key, value)

    def read_all(self):
        while self.registrations or self.responses:
            self.read_registration()
            self.read_response()

    def _write(self):
        for step, topic in self._writers:
            topic.extend(step.records())


foreign_keys = st.sampled_from("xy")
left_rows = st.none() | st.tuples(st.none() | foreign_keys, st.integers(0, 1)).map(list)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("left"), st.sampled_from("ab"), left_rows),
        st.tuples(st.just("right"), foreign_keys, values),
        st.tuples(st.just("read_registration")),
        st.tuples(st.just("read_response")),
    ),
    max_size=30,
)


@given(actions, st.booleans())
def test_foreign_key_join_ends_right_however_late_its_messages_come(given_actions, is_left):
    with task() as bench:
        join = ForeignKeyJoin(bench, is_left)
        left, right = {}, {}
        for name, *arguments in given_actions:
            getattr(join, name)(*arguments)
            if name in ("left", "right"):
                put(left if name == "left" else right, *arguments)
        join.read_all()
        expected = {key: [row, right.get(row[0])] for key, row in left.items() if is_left or row[0] in right}
        assert join.result == expected
