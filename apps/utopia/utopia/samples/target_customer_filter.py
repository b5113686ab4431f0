"""Customers born in the 1990s, of the new and of the old system."""

from __future__ import annotations

from headrace import Consumed, Produced, StreamsBuilder
from utopia.entities import CUSTOMERS, LEGACY_CUSTOMERS, Customer

OUTPUT = "kafka-workshop-target-customers"


def build(builder: StreamsBuilder, suffix: str = "") -> None:
    """Both kinds of customers, merged and filtered."""
    legacy = builder.stream(LEGACY_CUSTOMERS, Consumed(value=Customer))
    (
        builder.stream(CUSTOMERS, Consumed(value=Customer))
        .merge(legacy)
        .filter(lambda _, customer: born_in_the_nineties(customer))
        .to(OUTPUT + suffix, Produced(value=Customer))
    )


def born_in_the_nineties(customer: Customer) -> bool:
    """Whether the year of birth is 1990 to 1999."""
    return customer.birthdt.startswith("199")
