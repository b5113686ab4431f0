"""Looks up a small table by any field: a global table, of which every instance has all keys."""

from headrace import Consumed, Materialized, Produced, StreamsBuilder


def build(builder: StreamsBuilder) -> None:
    """Reads `orders` (key: order) and `countries` (key: country code) and writes `orders-with-country`.

    Nothing is repartitioned, and the topics may have different numbers of partitions. The table is complete before the first
    order is processed; after that it follows its topic on its own, without regard to event time.
    """
    countries = builder.global_table("countries", Consumed(value=str), Materialized("countries"))
    orders = builder.stream("orders", Consumed(value=dict))
    named = orders.left_join(
        countries,
        lambda order, country: {**order, "country": country},
        key=lambda _key, order: order["code"],
        name="country-of-order",
    )
    named.to("orders-with-country", Produced(value=dict))
