"""The two ways of naming."""

import pytest

from headrace.core.errors import TopologyError
from headrace.plan.kinds import FILTER, MAP, STREAM_MERGE, STREAM_SOURCE
from headrace.plan.names import CountedNames, Scope, StableNames, name_of_pattern, name_of_topics


def test_counted_names_count_given_ones_too():
    names = CountedNames()
    given = names.scope(FILTER, "in", "mine")
    none = names.scope(FILTER, "in", None)
    assert [names.part(scope, "", FILTER) for scope in (none, given, none)] == [
        "KSTREAM-FILTER-0000000000",
        "mine",
        "KSTREAM-FILTER-0000000002",
    ]


def test_counted_repartitions_use_counted_names_only_below_counted_steps():
    names = CountedNames()
    counted = names.repartition("KSTREAM-KEY-SELECT-0000000001")
    assert (counted.topic, counted.sink, counted.filter, counted.source) == (
        "KSTREAM-KEY-SELECT-0000000001-repartition",
        "KSTREAM-SINK-0000000000",
        "KSTREAM-FILTER-0000000001",
        "KSTREAM-SOURCE-0000000002",
    )
    assert names.repartition("mine").source == "mine-repartition-source"
    names.burn()
    assert names.store(Scope(None, given=False), "KSTREAM-REDUCE-") == "KSTREAM-REDUCE-STATE-STORE-0000000007"


def test_stable_names_share_a_base_among_the_parts_of_a_step():
    names = StableNames()
    scope = names.scope(STREAM_MERGE, "a", None)
    assert names.part(scope, "-left", MAP) == "a-merge-left"
    assert names.fresh(scope, "-right", MAP) == "a-merge-right"
    assert names.store(scope, "ignored", "-store") == "a-merge-store"
    assert names.repartition("a-repartition").topic == "a-repartition"


def test_parts_are_checked_as_wholes():
    names = CountedNames()
    long = names.scope(FILTER, "in", "x" * 240)
    with pytest.raises(TopologyError, match="no legal step name"):
        names.part(long, "-subscription", STREAM_SOURCE)


def test_sources_are_called_after_topics_and_patterns():
    assert name_of_topics(("a", "b")) == "a-b"
    assert name_of_pattern("user-.*") == "user"
    assert name_of_pattern(".*") == "pattern"
    assert name_of_pattern("(a|b)_[0-9]+") == "a-b-_-0-9"
    assert len(name_of_topics(tuple("topic" * 9 for _ in range(9)))) == 160
