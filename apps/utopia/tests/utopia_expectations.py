"""What the samples must find, computed a second way: by polars over the generated data, all at once."""

from collections.abc import Sequence

import polars as pl
from utopia import entities as e
from utopia.mockdata import MockRecord
from utopia.samples.purchase_event_ticket import Confirmation


def frame(records: Sequence[MockRecord], topic: str) -> pl.DataFrame:
    """The entities of a topic as a table."""
    return pl.DataFrame([{f: getattr(r[2], f) for f in r[2].__struct_fields__} for r in records if r[0] == topic])


def stream_counts(records: Sequence[MockRecord]) -> pl.DataFrame:
    """customerid, name, streams; busiest first, then by id."""
    names = frame(records, e.CUSTOMERS).select("id", name=pl.concat_str("fname", "lname", separator=" "))
    return (
        frame(records, e.STREAMS)
        .group_by("customerid")
        .agg(streams=pl.len())
        .join(names, left_on="customerid", right_on="id")
        .sort(["streams", "customerid"], descending=[True, False])
    )


def artist_counts(records: Sequence[MockRecord]) -> pl.DataFrame:
    """customerid, artistid, streams, name of the artist."""
    names = frame(records, e.ARTISTS).select("id", "name")
    return (
        frame(records, e.STREAMS)
        .group_by("customerid", "artistid")
        .agg(streams=pl.len())
        .join(names, left_on="artistid", right_on="id")
        .sort(["customerid", "streams"], descending=[False, True])
    )


def event_sales(records: Sequence[MockRecord]) -> pl.DataFrame:
    """Per event with requests: eventid, artistid, capacity, requests, confirmed, rejected, remaining."""
    return (
        frame(records, e.TICKETS)
        .group_by("eventid")
        .agg(requests=pl.len().cast(pl.Int64))
        .join(frame(records, e.EVENTS), left_on="eventid", right_on="id")
        .select(
            "eventid",
            "artistid",
            "capacity",
            "requests",
            confirmed=pl.min_horizontal("requests", "capacity"),
            rejected=(pl.col("requests") - pl.col("capacity")).clip(lower_bound=0),
            remaining=(pl.col("capacity") - pl.col("requests")).clip(lower_bound=0),
        )
    )


def check_rankings(rankings: dict[str, dict[str, int]], records: Sequence[MockRecord]) -> None:
    """Every customer's top three has the largest counts, in order, each that of its artist.

    Who of equals comes first depends on the order in which records of several partitions are read.
    """
    counts: dict[str, dict[str, int]] = {}
    for customer, artist, streams in artist_counts(records).select("customerid", "artistid", "streams").iter_rows():
        counts.setdefault(customer, {})[artist] = streams
    assert rankings.keys() == counts.keys()
    for customer, ranking in rankings.items():
        assert list(ranking.values()) == sorted(counts[customer].values(), reverse=True)[:3]
        assert ranking.items() <= counts[customer].items()


def check_sales(answers: Sequence[tuple[str, Confirmation]], records: Sequence[MockRecord]) -> None:
    """Per event as many confirmations as there was room for, with the remaining tickets counted down one by one."""
    sales = event_sales(records)
    remaining: dict[str, list[int]] = {event: [] for event in sales["eventid"]}
    rejected = dict.fromkeys(remaining, 0)
    for event, answer in answers:
        if answer.confirmation_status == "CONFIRMED":
            remaining[event].append(answer.remaining_tickets)
        else:
            assert answer.remaining_tickets == 0
            rejected[event] += 1
    for sale in sales.iter_rows(named=True):
        event, capacity = sale["eventid"], sale["capacity"]
        assert remaining[event] == list(range(capacity - 1, capacity - 1 - sale["confirmed"], -1))
        assert rejected[event] == sale["rejected"]
