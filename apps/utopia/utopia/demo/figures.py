"""What the samples found out, read from their output topics and joined with the names that people go by."""

from __future__ import annotations

from collections import Counter

import msgspec
from msgspec.json import Decoder

from headrace.formats.primitive import Int64
from headrace.log.api import Log
from utopia.entities import ARTISTS, CUSTOMERS, VENUES, Artist, Customer, Venue
from utopia.reading import latest, read_all
from utopia.samples import customer_stream_count, purchase_event_ticket, top_customer_artists
from utopia.samples.purchase_event_ticket import Confirmation
from utopia.samples.top_customer_artists import Ranking

_CUSTOMERS_SHOWN = 10
_RANKINGS_SHOWN = 5
_CONFIRMED_SHOWN, _REJECTED_SHOWN = 4, 4


class CustomerStreams(msgspec.Struct, frozen=True):
    """A customer and how often they streamed."""

    customer_id: str
    name: str
    streams: int


class ArtistStreams(msgspec.Struct, frozen=True):
    """An artist and how often a customer streamed them."""

    artist_id: str
    name: str
    streams: int


class Favourites(msgspec.Struct, frozen=True):
    """A customer's top artists."""

    customer_id: str
    name: str
    artists: list[ArtistStreams]


class Answer(msgspec.Struct, frozen=True):
    """A ticket request and what came of it."""

    ticket_id: str
    status: str
    customer: str
    event_id: str
    artist: str
    venue: str
    eventdate: str
    remaining: int


class Tickets(msgspec.Struct, frozen=True):
    """All answers in numbers, and a few of them in full: the last confirmed and the last rejected ones."""

    confirmed: int
    rejected: int
    events_with_requests: int
    events_sold_out: int
    examples: list[Answer]


class Figures(msgspec.Struct, frozen=True):
    """What the demo shows."""

    streams_counted: int
    customers_counted: int
    top_customers: list[CustomerStreams]
    favourites: list[Favourites]
    tickets: Tickets


class Names:
    """Names by id, from the entities' topics."""

    def __init__(self, log: Log) -> None:
        self.customers = {
            key: f"{customer.fname} {customer.lname}"
            for key, customer in latest(log, CUSTOMERS, Decoder(Customer).decode).items()
        }
        self.artists = {key: artist.name for key, artist in latest(log, ARTISTS, Decoder(Artist).decode).items()}
        self.venues = {key: venue.name for key, venue in latest(log, VENUES, Decoder(Venue).decode).items()}


def figures(log: Log) -> Figures:
    """Reads the outputs of the three samples."""
    names = Names(log)
    counts = latest(log, customer_stream_count.OUTPUT, Int64().decoder(customer_stream_count.OUTPUT, is_key=False))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Figures(
        streams_counted=sum(counts.values()),
        customers_counted=len(counts),
        top_customers=[CustomerStreams(key, names.customers[key], n) for key, n in ranked[:_CUSTOMERS_SHOWN]],
        favourites=_favourites(log, names, [key for key, _ in ranked[:_RANKINGS_SHOWN]]),
        tickets=_tickets(log, names),
    )


def _favourites(log: Log, names: Names, customers: list[str]) -> list[Favourites]:
    topic = top_customer_artists.OUTPUT
    rankings = latest(log, topic, Decoder(Ranking).decode)
    return [
        Favourites(key, names.customers[key], [ArtistStreams(a, names.artists[a], n) for a, n in rankings[key].items()])
        for key in customers
    ]


def _tickets(log: Log, names: Names) -> Tickets:
    statuses: Counter[str] = Counter()
    remaining: dict[str, int] = {}
    last: dict[str, list[Confirmation]] = {"CONFIRMED": [], "REJECTED": []}
    decode = Decoder(Confirmation).decode
    for event_id, answer in read_all(log, purchase_event_ticket.OUTPUT, decode):
        statuses[answer.confirmation_status] += 1
        remaining[event_id] = answer.remaining_tickets
        last[answer.confirmation_status].append(answer)
    shown = last["CONFIRMED"][-_CONFIRMED_SHOWN:] + last["REJECTED"][-_REJECTED_SHOWN:]
    return Tickets(
        confirmed=statuses["CONFIRMED"],
        rejected=statuses["REJECTED"],
        events_with_requests=len(remaining),
        events_sold_out=sum(left == 0 for left in remaining.values()),
        examples=[_answer(names, confirmation) for confirmation in shown],
    )


def _answer(names: Names, confirmation: Confirmation) -> Answer:
    ticket, event = confirmation.ticket_request, confirmation.event
    return Answer(
        ticket_id=ticket.id,
        status=confirmation.confirmation_status,
        customer=names.customers[ticket.customerid],
        event_id=event.id,
        artist=names.artists[event.artistid],
        venue=names.venues[event.venueid],
        eventdate=event.eventdate,
        remaining=confirmation.remaining_tickets,
    )
