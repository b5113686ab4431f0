"""The samples on a cluster that is shared with others, as applications: `headrace run utopia.workshop:customer_stream_count`.

Such a cluster prescribes names: the application id (and with it all internal topics, groups and transactional ids) and the
outputs begin with `kafka-workshop-`. Here they end with the id of the run. Each start has a new one, and so reads everything;
the variable UTOPIA_RUN gives one, to go on with a run or to start further instances of it.
"""

from __future__ import annotations

import os
import secrets
from importlib import import_module

from headrace import App, StreamsBuilder

PREFIX = "kafka-workshop-"
RUN = os.environ.setdefault("UTOPIA_RUN", secrets.token_hex(4))
"""Left in the environment, so that workers, which are processes of their own, find the same."""


def application(sample: str) -> App:
    """A sample under the names of this run. Options come from the environment and headrace.toml."""
    builder = StreamsBuilder()
    import_module(f"utopia.samples.{sample}").build(builder, f"-{RUN}")
    return App(f"{PREFIX}{sample.replace('_', '-')}-{RUN}", builder.build())


def customer_stream_count() -> App:
    """How often each customer has streamed."""
    return application("customer_stream_count")


def top_customer_artists() -> App:
    """Each customer's three most streamed artists."""
    return application("top_customer_artists")


def purchase_event_ticket() -> App:
    """Answers to ticket requests."""
    return application("purchase_event_ticket")


def artist_ticket_count() -> App:
    """Tickets per artist."""
    return application("artist_ticket_count")


def address_sort_and_stringify() -> App:
    """Addresses by state."""
    return application("address_sort_and_stringify")


def target_customer_filter() -> App:
    """Customers born in the 1990s."""
    return application("target_customer_filter")


def stream_template() -> App:
    """Customers as they come."""
    return application("stream_template")
