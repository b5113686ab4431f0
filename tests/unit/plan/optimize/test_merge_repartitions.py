import pytest

from headrace import Consumed, Grouped, Json, Produced, StreamsBuilder
from headrace.core.errors import TopologyError
from headrace.core.windows import JoinWindows
from headrace.testing import TestDriver

RULE = ("merge.repartition.topics",)


def built(program, optimize=RULE):
    builder = StreamsBuilder(optimize=optimize)
    program(builder)
    return builder.build()


def two_counts(builder):
    """Two counts by a new key, one of them behind a filter."""
    by_colour = builder.stream("cars").select_key(lambda _key, car: car["colour"])
    by_colour.group_by_key().count(name="all").to_stream().to("all-counts")
    fast = by_colour.filter(lambda _key, car: car["speed"] > 100)
    fast.group_by_key().count(name="fast").to_stream().to("fast-counts")


def topics(topology):
    return list(topology.internal_topics)


def test_repartitions_behind_one_key_change_become_one():
    assert topics(built(two_counts, ())) == ["all-repartition", "fast-repartition"]
    assert topics(built(two_counts)) == ["all-repartition"]


def test_results_stay_the_same():
    results = []
    for optimize in ((), RULE):
        with TestDriver(built(two_counts, optimize)) as driver:
            for speed, colour in ((90, "red"), (120, "red"), (110, "blue"), (130, None), (101, "red")):
                driver.topic("cars").pipe("car", {"colour": colour, "speed": speed}, 5)
            results.append([driver.topic(name).key_values() for name in ("all-counts", "fast-counts")])
    assert results[0] == results[1]
    assert results[0][1] == [("red", 1), ("blue", 1), ("red", 2)]


def test_steps_with_other_users_stay_in_front_of_the_topic():
    def program(builder):
        keyed = builder.stream("in").select_key(lambda _key, value: value)
        keyed.group_by_key().count(name="first")
        shared = keyed.filter(lambda _key, _value: True)
        shared.to("out")
        shared.group_by_key().count(name="second")

    assert topics(built(program)) == ["first-repartition", "second-repartition"]


def test_repartitions_behind_a_change_of_values_stay():
    def program(builder):
        keyed = builder.stream("in").select_key(lambda _key, value: value)
        keyed.group_by_key().count(name="first")
        keyed.map_values(len).group_by_key().count(name="second")

    assert topics(built(program)) == ["first-repartition", "second-repartition"]


def test_explicit_repartition_stays():
    def program(builder):
        keyed = builder.stream("in").select_key(lambda _key, value: value)
        keyed.group_by_key().count(name="first")
        keyed.repartition().group_by_key().count(name="second")

    assert len(topics(built(program))) == 2


def test_single_repartition_stays_behind_the_filter_in_front_of_it():
    def program(builder):
        keyed = builder.stream("in").select_key(lambda _key, value: value)
        keyed.filter(lambda _key, _value: True).group_by_key().count(name="only")

    assert built(program).nodes.keys() == built(program, ()).nodes.keys()


def test_joins_and_aggregations_share_the_topic():
    def program(builder):
        keyed = builder.stream("in").select_key(lambda _key, value: value)
        keyed.group_by_key().count(name="counted").to_stream().to("counts")
        other = builder.stream("other")
        keyed.join(other, lambda left, right: [left, right], JoinWindows.within(10, grace=0)).to("pairs")

    assert len(topics(built(program))) == 1
    with TestDriver(built(program)) as driver:
        driver.topic("in").pipe("k", "x", 5)
        driver.topic("other").pipe("x", "y", 6)
        assert driver.topic("counts").key_values() == [("x", 1)]
        assert driver.topic("pairs").key_values() == [("x", ["x", "y"])]


def test_different_formats_keep_topics_of_their_own():
    def program(builder):
        keyed = builder.stream("in", Consumed(value=str)).select_key(lambda _key, value: value)
        keyed.group_by_key().count(name="first")
        keyed.group_by_key(Grouped(value=Json())).count(name="second")

    assert len(topics(built(program))) == 2


def test_unknown_rule_is_named():
    builder = StreamsBuilder(optimize=("merge",))
    builder.stream("in").to("out", Produced())
    with pytest.raises(TopologyError, match=r"no optimization 'merge'\n.*merge.repartition.topics"):
        builder.build()
