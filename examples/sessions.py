"""Visits: the clicks of a user that lie less than half an hour apart."""

from headrace import Consumed, Materialized, SessionWindows, StreamsBuilder


def build(builder: StreamsBuilder) -> None:
    """Reads `clicks` (key: user, value: page) and writes the pages of each visit to `visits`."""
    clicks = builder.stream("clicks", Consumed(value=str))
    visits = (
        clicks.group_by_key()
        .windowed_by(SessionWindows(gap="30m", grace="5m"))
        .aggregate(
            list,
            lambda _user, page, pages: [*pages, page],
            # A click between two visits joins them into one: the old two are deleted, the merged one is written.
            lambda _user, one, other: one + other,
            Materialized("visits", value=list),
        )
    )
    visits.to_stream().to("visits")
