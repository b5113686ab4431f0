"""Adds to each order what is known of its customer at that time: a stream joined with a table."""

from typing import Any

from headrace import Consumed, Joined, Produced, StreamsBuilder

Row = dict[str, Any]


def with_customer(order: Row, customer: Row | None) -> Row:
    """The order with the customer's city; unknown customers are kept."""
    return {**order, "city": None if customer is None else customer["city"]}


def build(builder: StreamsBuilder) -> None:
    """Reads `orders` and `customers`, both by the customer's id, and writes `orders-with-city`.

    Only orders cause results. A customer who moves does not change orders that went through before. Both topics must have
    the same number of partitions, so that equal keys meet in one task.
    """
    customers = builder.table("customers", Consumed(value=dict))
    orders = builder.stream("orders", Consumed(value=dict))
    enriched = orders.left_join(customers, with_customer, Joined(name="with-customer"))
    enriched.to("orders-with-city", Produced(value=dict))
