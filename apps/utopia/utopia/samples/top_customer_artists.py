"""Which three artists does each customer stream most?

The counts of all artists of a customer are one value, an ordered map from artist to count. Its order is the ranking: an
artist moves up past those with fewer streams, and stays behind those with as many, who were there first. The map keeps at
most 1,000 artists; beyond that the last in rank is given up, which the source does not do.
"""

from __future__ import annotations

from itertools import islice
from operator import itemgetter

from headrace import Consumed, Grouped, Materialized, Produced, StreamsBuilder
from utopia.entities import STREAMS, Stream

OUTPUT = "kafka-workshop-top-10-stream-count"
STORE = "customer-artist-stream-counts"
MOST_ARTISTS = 1_000
TOP = 3

Ranking = dict[str, int]
"""Streams per artist, most streamed first."""

_COUNT = itemgetter(1)


def build(builder: StreamsBuilder) -> None:
    """Streams, regrouped by customer, ranked per artist, cut to the top three."""
    (
        builder.stream(STREAMS, Consumed(value=Stream))
        .group_by(lambda _, stream: stream.customerid, Grouped(name="streams-by-customer", value=Stream))
        .aggregate(dict, ranked, Materialized(STORE, value=Ranking, caching=False))
        .to_stream()
        .map_values(top)
        .to(OUTPUT, Produced(value=Ranking))
    )


def ranked(_: str, stream: Stream, counts: Ranking) -> Ranking:
    """The ranking after one more stream.

    Sorting is stable, also in reverse: equals keep the order in which they stood.

    >>> ranked("", Stream("", "", "b", ""), {"a": 2, "b": 1})
    {'a': 2, 'b': 2}
    """
    more = {**counts, stream.artistid: counts.get(stream.artistid, 0) + 1}
    ranking = sorted(more.items(), key=_COUNT, reverse=True)
    return dict(ranking[:MOST_ARTISTS])


def top(counts: Ranking) -> Ranking:
    """The first three of a ranking."""
    return dict(islice(counts.items(), TOP))
