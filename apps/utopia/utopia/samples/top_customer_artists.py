"""Which three artists does each customer stream most?

The counts of all artists of a customer are one value, an ordered map from artist to count. Its order is the ranking: an
artist moves up past those with fewer streams, and stays behind those with as many, who were there first. The map keeps at
most 1,000 artists; when it is full, newcomers are left out.
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


def build(builder: StreamsBuilder, suffix: str = "") -> None:
    """Streams, regrouped by customer, ranked per artist, cut to the top three."""
    (
        builder.stream(STREAMS, Consumed(value=Stream))
        .group_by(lambda _, stream: stream.customerid, Grouped(name="streams-by-customer", value=Stream))
        .aggregate(dict, ranked, Materialized(STORE, value=Ranking, caching=False))
        .to_stream()
        .map_values(top)
        .to(OUTPUT + suffix, Produced(value=Ranking))
    )


def ranked(_: str, stream: Stream, counts: Ranking) -> Ranking:
    """The ranking after one more stream.

    Sorting is stable, also in reverse: equals keep the order in which they stood.

    >>> ranked("", Stream("", "", "b", ""), {"a": 2, "b": 1})
    {'a': 2, 'b': 2}
    """
    artist = stream.artistid
    count = counts.get(artist, 0) + 1
    if count == 1 and len(counts) == MOST_ARTISTS:
        return counts
    changed = {**counts, artist: count}
    if _overtakes(artist, count, counts):
        return dict(sorted(changed.items(), key=_COUNT, reverse=True))
    return changed


def _overtakes(artist: str, count: int, counts: Ranking) -> bool:
    """Whether the artist that stands right ahead has less. Seldom, and looking is much cheaper than sorting."""
    ahead = count
    for name, other in counts.items():
        if name == artist:
            break
        ahead = other
    return ahead < count


def top(counts: Ranking) -> Ranking:
    """The first three of a ranking."""
    return dict(islice(counts.items(), TOP))
