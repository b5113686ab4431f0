"""One aggregate over several streams: what a customer has put in, taken out, and bought."""

from headrace import Consumed, Materialized, StreamsBuilder


def build(builder: StreamsBuilder) -> None:
    """Reads `added`, `removed` and `bought` (key: customer, value: item) and keeps each basket in the store `baskets`."""
    added = builder.stream("added", Consumed(value=str)).group_by_key()
    removed = builder.stream("removed", Consumed(value=str)).group_by_key()
    bought = builder.stream("bought", Consumed(value=str)).group_by_key()
    # One store and one update per record; a join of three tables would have three stores and intermediate results.
    baskets = (
        added.cogroup(lambda _customer, item, basket: [*basket, item])
        .cogroup(removed, lambda _customer, item, basket: [each for each in basket if each != item])
        .cogroup(bought, lambda _customer, _item, _basket: [])
        .aggregate(list, Materialized("baskets", value=list))
    )
    baskets.to_stream().to("baskets")
