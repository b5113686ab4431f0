"""Splits a stream by predicates, treats the parts differently, and merges two of them again."""

from headrace import Branched, Consumed, Produced, StreamsBuilder


def build(builder: StreamsBuilder) -> None:
    """Reads `payments` (value: amount in cents) and writes to `refunds` and `checked-payments`."""
    payments = builder.stream("payments", Consumed(value=int))
    # A record goes to the first branch whose predicate is true. Branches are named after the split and their own name.
    parts = (
        payments.split(name="payments-")
        .branch(lambda _key, cents: cents < 0, Branched("refund"))
        .branch(lambda _key, cents: cents >= 1_000_000, Branched("large"))
        .default_branch(Branched("normal"))
    )
    parts["payments-refund"].map_values(abs).to("refunds", Produced(value=int))
    large = parts["payments-large"].map_values(lambda cents: f"{cents} needs a signature")
    normal = parts["payments-normal"].map_values(lambda cents: f"{cents} is fine")
    large.merge(normal).to("checked-payments", Produced(value=str))
