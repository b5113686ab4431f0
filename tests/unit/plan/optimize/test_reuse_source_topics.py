import pytest

from headrace import Consumed, Materialized, StreamsBuilder
from headrace.testing import TestDriver

RULE = ("reuse.ktable.source.topics",)


@pytest.mark.parametrize(
    ("consumed", "changelog"),
    [(Consumed(), "users"), (Consumed(timestamp="at"), None)],
    ids=["record time", "time from a field"],
)
def test_source_topic_is_the_changelog_where_it_restores_the_same_rows(consumed, changelog):
    builder = StreamsBuilder(optimize=RULE)
    builder.table("users", consumed, materialized=Materialized(name="kept"))
    assert builder.build().stores["kept"].changelog_topic == changelog


def test_tables_of_streams_keep_their_changelog():
    builder = StreamsBuilder(optimize=RULE)
    builder.stream("users").to_table(Materialized(name="kept"))
    assert builder.build().stores["kept"].changelog_topic is None


def test_program_runs_as_before():
    builder = StreamsBuilder(optimize=RULE)
    users = builder.table("users")
    builder.stream("clicks").join(users, lambda click, user: [click, user]).to("out")
    with TestDriver(builder.build()) as driver:
        driver.topic("users").pipe("k", "user")
        driver.topic("clicks").pipe("k", "click")
        assert driver.topic("out").values() == [["click", "user"]]
