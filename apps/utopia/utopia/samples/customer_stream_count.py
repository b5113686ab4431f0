"""How often has each customer streamed? Counts per customer, every update as it happens."""

from __future__ import annotations

from headrace import Consumed, Grouped, Materialized, Produced, StreamsBuilder
from utopia.entities import STREAMS, Stream

OUTPUT = "kafka-workshop-customer-stream-count"
STORE = "customer-stream-counts"


def build(builder: StreamsBuilder, suffix: str = "") -> None:
    """Streams, regrouped by customer and counted."""
    (
        builder.stream(STREAMS, Consumed(value=Stream))
        .group_by(lambda _, stream: stream.customerid, Grouped(name="streams-by-customer", value=Stream))
        .count(Materialized(STORE, caching=False))
        .to_stream()
        .to(OUTPUT + suffix, Produced(value=int))
    )
