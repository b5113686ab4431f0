"""Partition counts and names of all topics of a program."""

import re
from typing import Any

import pytest

from headrace import (
    Consumed,
    Joined,
    Materialized,
    Produced,
    Repartitioned,
    StoreKind,
    StreamsBuilder,
    Topology,
    TopologyBuilder,
    TopologyError,
    TumblingWindows,
    UnknownTopicError,
)
from headrace.log.api import NewTopic, TopicConfig
from headrace.log.memory import MemoryLog
from headrace.runtime.live_topics import LiveTopics
from headrace.runtime.topics import TopicLayout, changelog_config, ensure_topics
from headrace.state.spec import StoreSpec

DAY = 86_400_000


def layout(topology: Topology, **existing: int) -> TopicLayout:
    return TopicLayout(topology, "app", existing)


def internal(made: TopicLayout) -> dict[str, int]:
    return {topic.name: topic.partitions for topic in made.internal_topics(0)}


def counting(builder: StreamsBuilder, stream: Any, name: str = "n") -> None:
    stream.select_key(lambda _, value: value).group_by_key().count(Materialized(name))


def test_a_repartition_topic_takes_the_largest_count_of_those_who_write_to_it() -> None:
    builder = StreamsBuilder()
    counting(builder, builder.stream("a").merge(builder.stream("b")))
    counts = internal(layout(builder.build(), a=2, b=5))
    assert set(counts.values()) == {5}
    assert all(name.startswith("app-") for name in counts)
    assert {name.rpartition("-")[2] for name in counts} == {"repartition", "changelog"}


def test_a_count_that_is_written_down_wins() -> None:
    builder = StreamsBuilder()
    builder.stream("a").repartition(Repartitioned(partitions=7, name="wide")).to("out")
    assert internal(layout(builder.build(), a=2, out=1)) == {"app-wide-repartition": 7}


def test_counts_are_derived_through_chains_of_internal_topics() -> None:
    builder = StreamsBuilder()
    first = builder.stream("a").repartition(Repartitioned(partitions=6, name="first"))
    first.select_key(lambda _, value: value).repartition(Repartitioned(name="second")).to("out")
    assert internal(layout(builder.build(), a=2, out=1))["app-second-repartition"] == 6


def test_a_derived_topic_that_is_joined_takes_over_the_other_side_s_count() -> None:
    builder = StreamsBuilder()
    stream = builder.stream("s").select_key(lambda _, value: value)
    stream.join(builder.table("t"), lambda left, right: [left, right], Joined()).to("out")
    counts = internal(layout(builder.build(), s=2, t=9, out=1))
    assert {count for name, count in counts.items() if name.endswith("repartition")} == {9}


def test_two_derived_topics_that_are_joined_get_the_larger_count() -> None:
    builder = StreamsBuilder()
    one = builder.stream("a").select_key(lambda _, value: value)
    other = builder.stream("b").select_key(lambda _, value: value).to_table(Materialized("b-table"))
    one.join(other, lambda left, right: [left, right]).to("out")
    counts = internal(layout(builder.build(), a=2, b=5, out=1))
    assert {count for name, count in counts.items() if name.endswith("repartition")} == {5}


def test_inputs_of_a_join_that_differ_are_refused() -> None:
    builder = StreamsBuilder()
    builder.stream("s").join(builder.table("t"), lambda left, right: [left, right]).to("out")
    with pytest.raises(TopologyError, match="'s' has 2 partitions, 't' has 3 partitions") as caught:
        layout(builder.build(), s=2, t=3, out=1)
    assert "test_topics.py" in str(caught.value)


def test_a_fixed_count_that_does_not_fit_its_join_is_refused() -> None:
    builder = StreamsBuilder()
    stream = builder.stream("s").repartition(Repartitioned(partitions=4, name="four"))
    stream.join(builder.table("t"), lambda left, right: [left, right]).to("out")
    with pytest.raises(TopologyError, match="'app-four-repartition' has 4 partitions"):
        layout(builder.build(), s=2, t=3, out=1)


def test_an_internal_topic_with_another_count_is_refused_with_the_mend() -> None:
    builder = StreamsBuilder()
    builder.stream("a").repartition(Repartitioned(name="r")).to("out")
    with pytest.raises(TopologyError, match="has 1 partitions, but the inputs now ask for 2") as caught:
        layout(builder.build(), **{"a": 2, "out": 1, "app-r-repartition": 1})
    assert "headrace reset app" in str(caught.value)


def test_a_missing_source_and_a_missing_global_topic_are_named() -> None:
    builder = StreamsBuilder()
    builder.stream("a", Consumed(name="clicks")).to("out")
    with pytest.raises(UnknownTopicError, match=r"source 'clicks' .*reads topic 'a'"):
        layout(builder.build(), out=1)
    builder = StreamsBuilder()
    builder.global_table("g")
    with pytest.raises(UnknownTopicError, match="reads topic 'g'"):
        layout(builder.build())


def test_a_sub_topology_has_as_many_tasks_as_its_largest_input_has_partitions() -> None:
    builder = StreamsBuilder()
    builder.stream("a").merge(builder.stream("b")).to("out")
    made = layout(builder.build(), a=2, b=3, out=1)
    (part,) = builder.build().subtopologies
    assert (made.tasks_of(part), made.inputs_of(part)) == (3, ("a", "b"))


def by_pattern() -> Topology:
    builder = StreamsBuilder()
    builder.stream(re.compile("in-.*")).to("out")
    return builder.build()


def test_a_pattern_reads_what_matches_at_the_start_except_the_application_s_own_topics() -> None:
    builder = StreamsBuilder()
    counting(builder, builder.stream(re.compile(".*")), "n")
    topology = builder.build()
    first = layout(topology, a=1)
    own = dict.fromkeys(internal(first), 1)
    again = layout(topology, a=1, **own)
    assert again.inputs_of(topology.subtopologies[0]) == ("a",)


def test_topics_that_match_later_and_topics_that_have_grown_are_changes_and_others_are_none() -> None:
    made = layout(by_pattern(), **{"in-a": 1, "out": 1})
    assert made.changes({"in-a": 1, "out": 2, "other": 1}) == []
    assert made.changes({"in-a": 1, "in-b": 1, "out": 1}) == ["in-b"]
    assert made.changes({"in-a": 3, "out": 1}) == ["in-a"]
    assert made.changes({"out": 1}) == []


def test_changelogs_are_set_up_as_kafka_streams_does() -> None:
    def spec(kind: StoreKind, **fields: Any) -> StoreSpec:
        return StoreSpec(name="s", kind=kind, key_format=None, value_format=None, **fields)  # type: ignore[arg-type]

    assert changelog_config(spec(StoreKind.KEY_VALUE), DAY) == TopicConfig(cleanup="compact")
    windows = changelog_config(spec(StoreKind.TIMESTAMPED_WINDOW, retention_ms=10), DAY)
    assert (windows.cleanup, windows.retention_ms) == ("compact,delete", 10 + DAY)
    joined = changelog_config(spec(StoreKind.WINDOW, retention_ms=10, retain_duplicates=True), DAY)
    assert (joined.cleanup, joined.retention_ms) == ("delete", 10 + DAY)
    versioned = changelog_config(spec(StoreKind.VERSIONED, history_ms=10), DAY)
    assert (versioned.cleanup, versioned.min_compaction_lag_ms) == ("compact", 10 + DAY)
    endless = changelog_config(spec(StoreKind.TIMESTAMPED_WINDOW, retention_ms=2**63 - 1), DAY)
    assert endless.retention_ms == 2**63 - 1


def test_repartition_topics_keep_everything_until_it_is_purged() -> None:
    builder = StreamsBuilder()
    builder.stream("a").repartition(Repartitioned(name="r")).to("out")
    (topic,) = layout(builder.build(), a=1, out=1).internal_topics(0)
    assert (topic.config.cleanup, topic.config.retention_ms) == ("delete", -1)
    assert ("segment.bytes", "52428800") in topic.config.extra


def test_stores_without_logging_and_stores_over_their_source_have_no_changelog() -> None:
    builder = StreamsBuilder(optimize=["reuse.ktable.source.topics"])
    builder.table("t", materialized=Materialized("t-store"))
    builder.stream("in").group_by_key().count(Materialized("n", logging=False))
    assert internal(layout(builder.build(), **{"t": 1, "in": 1})) == {}


def test_only_missing_topics_are_made(log: MemoryLog) -> None:
    admin = log.admin()
    admin.create_topics([NewTopic("there", 4)])
    assert ensure_topics(admin, [NewTopic("there", 1), NewTopic("new", 2)]) == ["new"]
    assert {name: topic.partitions for name, topic in admin.topics().items()} == {"there": 4, "new": 2}


def test_a_topic_that_came_later_is_found_and_one_that_is_not_there_is_made_or_refused(log: MemoryLog) -> None:
    builder = StreamsBuilder()
    builder.stream("in").to(lambda key, value, _: value, Produced())
    made = layout(builder.build(), **{"in": 1})
    admin = log.admin()
    admin.create_topics([NewTopic("later", 3)])
    strict, lenient = LiveTopics(made, admin, None), LiveTopics(made, admin, 2)
    assert strict.partitions("later") == 3
    with pytest.raises(UnknownTopicError, match="topic 'nowhere' does not exist"):
        strict.partitions("nowhere")
    assert lenient.partitions("nowhere") == 2
    with pytest.raises(TopologyError, match="no legal topic name"):
        lenient.partitions("no where")


def test_processors_wired_by_hand_get_their_changelogs_too() -> None:
    topology = TopologyBuilder()
    topology.add_source("source", "in")
    topology.add_sink("sink", "out", "source")
    assert internal(layout(topology.build(), **{"in": 1, "out": 1})) == {}


def test_windowed_stores_are_restorable_for_longer_than_they_keep() -> None:
    builder = StreamsBuilder()
    windows = TumblingWindows(size="10s", grace=0)
    builder.stream("in").group_by_key().windowed_by(windows).count(Materialized("w", retention="1m"))
    (topic,) = layout(builder.build(), **{"in": 2}).internal_topics(DAY)
    assert (topic.name, topic.partitions, topic.config.retention_ms) == ("app-w-changelog", 2, 60_000 + DAY)
