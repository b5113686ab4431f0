"""Who gets a ticket? Requests are confirmed in the order in which they come, as long as their event has capacity left.

The source lets the remaining capacity go below zero on rejections. Here a rejected request takes nothing: zero remain, and
if an event is moved to a larger room, requests are confirmed again. A request for an event that is not known (yet) gets no
answer: the join with `events` drops it.
"""

from __future__ import annotations

import logging
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from headrace import Consumed, Grouped, Joined, Materialized, Produced, StreamsBuilder
from utopia.entities import EVENTS, TICKETS, Event, Ticket

OUTPUT = "kafka-workshop-ticket-response"
EVENT_STORE = "events"
STATUS_STORE = "event-status-table"
ALMOST_SOLD_OUT = 0.2

_CONFIRMATIONS = UUID("5f0c7c52-0f3e-4c8e-9d39-6a4f1f0d2f7b")
_log = logging.getLogger(__name__)


class TicketRequest(msgspec.Struct, frozen=True):
    """A request with its event."""

    ticket: Ticket
    event: Event


class Confirmation(msgspec.Struct, frozen=True, rename="camel"):
    """The answer to a request. `confirmation_id` follows from the ticket's id, so that a repeated run gives the same."""

    confirmation_id: str
    confirmation_status: Literal["CONFIRMED", "REJECTED"]
    ticket_request: Ticket
    event: Event
    remaining_tickets: int


class EventStatus(msgspec.Struct, frozen=True):
    """How many tickets of an event are sold, and the answer to the last request."""

    sold: int = 0
    last: Confirmation | None = None


def build(builder: StreamsBuilder, suffix: str = "") -> None:
    """Tickets, regrouped by event, joined with it, decided on one after the other."""
    events = builder.table(EVENTS, Consumed(value=Event), Materialized(EVENT_STORE))
    (
        builder.stream(TICKETS, Consumed(value=Ticket))
        .select_key(lambda _, ticket: ticket.eventid)
        .join(events, TicketRequest, Joined(name="tickets-by-event", left=Ticket))
        .group_by_key(Grouped(value=TicketRequest))
        .aggregate(EventStatus, decided, Materialized(STATUS_STORE, value=EventStatus, caching=False))
        .to_stream()
        .map_values(last_answer)
        .peek(announce)
        .to(OUTPUT + suffix, Produced(value=Confirmation))
    )


def decided(_: str, request: TicketRequest, status: EventStatus) -> EventStatus:
    """The status after one more request."""
    ticket, event = request.ticket, request.event
    confirmed = status.sold < event.capacity
    sold = status.sold + confirmed
    answer = Confirmation(
        confirmation_id=str(uuid5(_CONFIRMATIONS, ticket.id)),
        confirmation_status="CONFIRMED" if confirmed else "REJECTED",
        ticket_request=ticket,
        event=event,
        remaining_tickets=max(0, event.capacity - sold),
    )
    return EventStatus(sold, answer)


def last_answer(status: EventStatus) -> Confirmation:
    """The answer to the last request."""
    assert status.last is not None, "only a status without any request has none, and it is never forwarded"
    return status.last


def announce(event_id: str, answer: Confirmation) -> None:
    """Logs when the last fifth of an event's tickets begins to be sold, and when the last one is."""
    if answer.confirmation_status == "REJECTED":
        return
    remaining, last_fifth = answer.remaining_tickets, answer.event.capacity * ALMOST_SOLD_OUT
    if remaining == 0:
        _log.warning("event %s is sold out", event_id)
    elif remaining <= last_fifth < remaining + 1:
        _log.warning("event %s is almost sold out: %d of %d tickets remain", event_id, remaining, answer.event.capacity)
