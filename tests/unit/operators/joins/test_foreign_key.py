import pytest

from headrace.core.hashing import murmur3_128
from headrace.core.identifiers import TaskId
from headrace.core.records import Change
from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.formats.subscription import (
    CombinedKey,
    CombinedKeyFormat,
    Instruction,
    SubscriptionFormat,
    SubscriptionResponseWrapper,
    SubscriptionWrapper,
)
from headrace.operators.joins.foreign_table_join import ForeignTableJoin, primary_partition
from headrace.operators.joins.response_join import ResponseJoin
from headrace.operators.joins.subscription_receive import SubscriptionJoin, SubscriptionReceive
from headrace.operators.joins.subscription_send import SubscriptionSend
from headrace.operators.views import StoreView

LEAVE = Instruction.DELETE_KEY_NO_PROPAGATE
LEAVE_AND_ANSWER = Instruction.DELETE_KEY_AND_PROPAGATE
JOIN_OR_NULL = Instruction.PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE
JOIN_ONLY = Instruction.PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE

KEYS = CombinedKeyFormat(String(), String())
HASH = murmur3_128(b'"row"')


def first(_key, value):
    """Rows are [foreign key, text]."""
    return value[0]


def send(*, left, **flags):
    return SubscriptionSend(first, left, "fk", String(), Json(), **flags)


@pytest.mark.parametrize(
    ("change", "inner", "left"),
    [
        (Change(["x", 1], None), [("x", JOIN_ONLY)], [("x", JOIN_OR_NULL)]),
        (Change(["x", 2], ["x", 1]), [("x", JOIN_ONLY)], [("x", JOIN_OR_NULL)]),
        (Change(["y", 1], ["x", 1]), [("x", LEAVE), ("y", JOIN_OR_NULL)], [("x", LEAVE), ("y", JOIN_OR_NULL)]),
        (Change(None, ["x", 1]), [("x", LEAVE_AND_ANSWER)], [("x", LEAVE), (None, JOIN_OR_NULL)]),
        (Change([None, 1], ["x", 1]), [("x", LEAVE_AND_ANSWER)], [("x", LEAVE), (None, JOIN_OR_NULL)]),
        (Change(["x", 1], [None, 1]), [("x", JOIN_ONLY)], [("x", JOIN_OR_NULL)]),
        (Change([None, 1], None), [], [(None, JOIN_OR_NULL)]),
        (Change(None, None), [], []),
    ],
)
def test_row_subscribes_to_the_foreign_key_it_names_and_leaves_the_former_one(bench, change, inner, left):
    for is_left, expected in ((False, inner), (True, left)):
        bench.bind(send(left=is_left)).pipe("k", change, 7)
        assert [(key, wrapper.instruction) for key, wrapper, _ in bench.records()] == expected


def test_subscription_says_who_asks_and_by_which_row(bench):
    bench.task_id = TaskId(0, 3)
    bench.bind(send(left=False)).pipe("k", Change(["x", 1]), 7, (("h", None),)).pipe("k", Change(None, ["x", 1]), 8)
    subscribed, left = bench.take()
    assert subscribed[2] == SubscriptionWrapper(murmur3_128(b'["x",1]'), JOIN_ONLY, "k", 3)
    assert subscribed[3:] == (7, (("h", None),))
    assert left[2] == SubscriptionWrapper(None, LEAVE_AND_ANSWER, "k", 3)


def test_inner_join_drops_and_counts_rows_without_foreign_key(bench):
    bench.bind(send(left=False)).pipe("k", Change([None, 1])).pipe("k", Change([None, 2], [None, 1]))
    assert bench.dropped == ["null-foreign-key"] * 2


def test_out_of_order_rows_of_a_versioned_table_are_dropped(bench):
    bench.bind(send(left=True, skip_out_of_order=True)).pipe("k", Change(["x", 1], None, False))
    assert bench.take() == []
    assert bench.dropped == ["out-of-order"]


def subscription(instruction, key="k", partition=0):
    return SubscriptionWrapper(HASH, instruction, key, partition)


@pytest.fixture
def subscriptions(bench):
    bench.open("subs", key_format=KEYS, value_format=SubscriptionFormat(String()))
    return bench


def test_subscriptions_are_kept_until_they_are_ended(subscriptions):
    store = subscriptions.stores["subs"]
    subscriptions.bind(SubscriptionReceive("subs"))
    for ending in (LEAVE, LEAVE_AND_ANSWER):
        subscriptions.pipe("x", subscription(JOIN_ONLY), 5)
        assert store.get(CombinedKey("x", "k")) == (subscription(JOIN_ONLY), 5)
        subscriptions.pipe("x", subscription(ending), 6)
        assert store.get(CombinedKey("x", "k")) is None
    assert [(key, value.instruction, at) for key, value, at in subscriptions.records()] == [
        (CombinedKey("x", "k"), JOIN_ONLY, 5),
        (CombinedKey("x", "k"), LEAVE, 6),
        (CombinedKey("x", "k"), JOIN_ONLY, 5),
        (CombinedKey("x", "k"), LEAVE_AND_ANSWER, 6),
    ]


def test_subscription_to_no_key_is_answered_but_not_kept(subscriptions):
    subscriptions.bind(SubscriptionReceive("subs")).pipe(None, subscription(JOIN_OR_NULL)).pipe(None, subscription(JOIN_ONLY))
    assert [key for key, *_ in subscriptions.records()] == [CombinedKey(None, "k")]
    assert list(subscriptions.stores["subs"].range(None, None)) == []
    assert subscriptions.dropped == ["null-foreign-key"]


@pytest.mark.parametrize(
    ("foreign", "instruction", "expected"),
    [
        ("x", JOIN_ONLY, [("row", 10)]),
        ("x", JOIN_OR_NULL, [("row", 10)]),
        ("x", LEAVE_AND_ANSWER, [(None, 10)]),
        ("x", LEAVE, []),
        ("y", JOIN_ONLY, []),
        ("y", JOIN_OR_NULL, [(None, 5)]),
        ("y", LEAVE_AND_ANSWER, [(None, 5)]),
        (None, JOIN_OR_NULL, [(None, 5)]),
    ],
)
def test_subscription_is_answered_with_the_current_foreign_row(bench, foreign, instruction, expected):
    bench.open("foreign").put("x", "row", 10)
    bench.bind(SubscriptionJoin(StoreView("foreign")))
    bench.pipe(CombinedKey(foreign, "k"), subscription(instruction, partition=2), 5)
    assert bench.records() == [("k", SubscriptionResponseWrapper(HASH, row, 2), at) for row, at in expected]


def test_change_of_a_foreign_row_goes_to_all_subscribers_in_key_order(subscriptions):
    store = subscriptions.stores["subs"]
    for foreign, key in (("x", "b"), ("x", "a"), ("xx", "c"), ("", "d"), ("y", "e")):
        store.put(CombinedKey(foreign, key), subscription(JOIN_ONLY, key, partition=1), 99)
    subscriptions.bind(ForeignTableJoin("subs", KEYS)).pipe("x", Change("new", "old"), 5).pipe("x", Change(None), 6)
    assert subscriptions.records() == [
        (key, SubscriptionResponseWrapper(HASH, row, 1), at) for row, at in (("new", 5), (None, 6)) for key in "ab"
    ]


class PerTopic(String):
    """Like a format with a schema registry: the bytes depend on the topic."""

    def encoder(self, topic, *, is_key):
        encode = super().encoder(topic, is_key=is_key)
        return lambda value: topic.encode() + b":" + encode(value)

    def decoder(self, topic, *, is_key):
        return lambda data: data.partition(b":")[2].decode()


def test_subscribers_are_found_whatever_topic_the_key_bytes_depend_on(bench):
    keys = CombinedKeyFormat(PerTopic(), String())
    store = bench.open("subs", key_format=keys, value_format=SubscriptionFormat(String()))
    store.put(CombinedKey("x", "a"), subscription(JOIN_ONLY, "a"), 1)
    bench.bind(ForeignTableJoin("subs", keys)).pipe("x", Change("new"))
    assert [key for key, *_ in bench.records()] == ["a"]


def test_foreign_rows_without_a_key_or_out_of_order_are_dropped(subscriptions):
    subscriptions.bind(ForeignTableJoin("subs", KEYS, skip_out_of_order=True))
    subscriptions.pipe(None, Change("new")).pipe("x", Change("new", None, False))
    assert subscriptions.dropped == ["null-key", "out-of-order"]


def test_answers_go_to_the_partition_that_asked():
    assert primary_partition("topic", "k", SubscriptionResponseWrapper(HASH, "row", 4), 6) == 4


@pytest.mark.parametrize(
    ("left", "key", "asked_by", "foreign", "expected"),
    [
        (False, "k", HASH, "f", ["row+f"]),
        (False, "k", HASH, None, [None]),
        (True, "k", HASH, None, ["row+None"]),
        (False, "gone", None, None, [None]),
        (True, "gone", None, None, [None]),
        (True, "k", murmur3_128(b'"former row"'), "f", []),
        (True, "gone", HASH, "f", []),
        (True, "k", None, None, []),
    ],
)
def test_answer_is_joined_if_the_row_is_still_the_same(bench, left, key, asked_by, foreign, expected):
    bench.open("primary").put("k", "row", 3)
    bench.bind(ResponseJoin(StoreView("primary"), lambda row, other: f"{row}+{other}", False, left, "fk", Json()))
    bench.pipe(key, SubscriptionResponseWrapper(asked_by, foreign), 8)
    assert bench.records() == [(key, value, 8) for value in expected]
    assert bench.dropped == ([] if expected else ["outdated-answer"])
