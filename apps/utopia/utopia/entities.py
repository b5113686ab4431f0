"""The nine entities of the platform, as JSON on the topics `data-demo-<plural>`, keyed by `id`.

They are flat and hold no references to other objects, so the garbage collector need not look at them (`gc=False`).
"""

from __future__ import annotations

import msgspec

CUSTOMERS = "data-demo-customers"
LEGACY_CUSTOMERS = "data-demo-legacy-customers"
EMAILS = "data-demo-emails"
PHONES = "data-demo-phones"
ADDRESSES = "data-demo-addresses"
ARTISTS = "data-demo-artists"
VENUES = "data-demo-venues"
EVENTS = "data-demo-events"
TICKETS = "data-demo-tickets"
STREAMS = "data-demo-streams"


class Customer(msgspec.Struct, frozen=True, gc=False):
    """A person who listens. `birthdt` and `joindt` are dates as `YYYY-MM-DD`; `suffix` may be empty."""

    id: str
    type: str
    gender: str
    fname: str
    mname: str
    lname: str
    fullname: str
    suffix: str
    title: str
    birthdt: str
    joindt: str


class Email(msgspec.Struct, frozen=True, gc=False):
    """A customer's mail address."""

    id: str
    customerid: str
    email: str


class Phone(msgspec.Struct, frozen=True, gc=False):
    """A customer's telephone number; `extnbr` is empty where there is no extension."""

    id: str
    customerid: str
    phonetypecd: str
    primaryind: str
    timezone: str
    extnbr: str
    number: str


class Address(msgspec.Struct, frozen=True, gc=False):
    """Where a customer lives (type RESID) or a venue stands (type VENUE; then `customerid` is empty)."""

    id: str
    customerid: str
    formatcode: str
    type: str
    line1: str
    line2: str
    citynm: str
    state: str
    zip5: str
    zip4: str
    countrycd: str
    latitude: float | None
    longitude: float | None


class Artist(msgspec.Struct, frozen=True, gc=False):
    """A person or band with one genre."""

    id: str
    name: str
    genre: str


class Venue(msgspec.Struct, frozen=True, gc=False):
    """A place for events, with the number of people it holds."""

    id: str
    addressid: str
    name: str
    maxcapacity: int


class Event(msgspec.Struct, frozen=True, gc=False):
    """An artist at a venue on a day (`YYYY-MM-DD`), with as many tickets as `capacity`."""

    id: str
    artistid: str
    venueid: str
    capacity: int
    eventdate: str


class Ticket(msgspec.Struct, frozen=True, gc=False):
    """A customer's request for one ticket to an event; `PurchaseEventTicket` decides on it."""

    id: str
    customerid: str
    eventid: str
    price: float


class Stream(msgspec.Struct, frozen=True, gc=False):
    """A customer listened to an artist at `streamtime` (an ISO 8601 instant)."""

    id: str
    customerid: str
    artistid: str
    streamtime: str


Entity = Customer | Email | Phone | Address | Artist | Venue | Event | Ticket | Stream

ENTITY_OF: dict[str, type[Entity]] = {
    CUSTOMERS: Customer,
    LEGACY_CUSTOMERS: Customer,
    EMAILS: Email,
    PHONES: Phone,
    ADDRESSES: Address,
    ARTISTS: Artist,
    VENUES: Venue,
    EVENTS: Event,
    TICKETS: Ticket,
    STREAMS: Stream,
}
"""What stands on which topic."""
