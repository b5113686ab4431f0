"""How many tickets are asked for per artist? Tickets find their artist through their event."""

from __future__ import annotations

from headrace import Consumed, Grouped, Joined, Materialized, Produced, StreamsBuilder
from utopia.entities import EVENTS, TICKETS, Event, Ticket

OUTPUT = "kafka-workshop-artist-ticket-count"
EVENT_STORE = "events"
STORE = "artist-ticket-counts"


def build(builder: StreamsBuilder, suffix: str = "") -> None:
    """Tickets, regrouped by event, joined with it, counted by its artist."""
    events = builder.table(EVENTS, Consumed(value=Event), Materialized(EVENT_STORE))
    (
        builder.stream(TICKETS, Consumed(value=Ticket))
        .select_key(lambda _, ticket: ticket.eventid)
        .join(events, lambda _, event: event.artistid, Joined(name="tickets-by-event", left=Ticket))
        .group_by(lambda _, artist_id: artist_id, Grouped(name="tickets-by-artist", value=str))
        .count(Materialized(STORE, caching=False))
        .to_stream()
        .to(OUTPUT + suffix, Produced(value=int))
    )
