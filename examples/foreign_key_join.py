"""Joins two tables that have different keys: each order with its product, wherever that is."""

from typing import Any

from headrace import Consumed, Materialized, Produced, StreamsBuilder, TableJoined

Row = dict[str, Any]


def priced(order: Row, product: Row) -> Row:
    """The order with its price."""
    return {"product": product["name"], "total": order["quantity"] * product["price"]}


def build(builder: StreamsBuilder) -> None:
    """Reads `orders` (key: order) and `products` (key: product) and writes `priced-orders` (key: order).

    The result follows both sides: a new price is a new result for every order of that product. The topics may have
    different numbers of partitions.
    """
    orders = builder.table("orders", Consumed(value=dict))
    products = builder.table("products", Consumed(value=dict))
    result = orders.join_on(
        products,
        lambda _key, order: order["product"],
        priced,
        TableJoined(name="order-product"),
        Materialized("priced-orders", value=dict),
    )
    result.to_stream().to("priced-orders", Produced(value=dict))
