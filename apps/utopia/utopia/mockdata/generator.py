"""Utopia's data: an initial load, then what goes on happening. A pure function of the settings."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import chain, count

from utopia import entities as topics
from utopia.entities import Entity, Venue
from utopia.mockdata.activity import Activity
from utopia.mockdata.days import DAY_MS, day_of
from utopia.mockdata.people import People
from utopia.mockdata.settings import Settings
from utopia.mockdata.stage import Stage
from utopia.mockdata.venues import venues

MockRecord = tuple[str, str, Entity, int]
"""Topic, key, value, and timestamp in ms since the epoch."""

_REFERENCE_DATA_AT = -201 * DAY_MS
_STREAMS_FROM = -30 * DAY_MS


class MockData:
    """One world, record by record. Whatever a record refers to came before it, in order and by its timestamp.

    `initial_load` comes first; `continuous` runs through what is left of it, without handing it out.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._people = People(settings.seed)
        self._stage = Stage(settings.seed)
        self._activity = Activity(settings.seed, settings.skew)
        self._venues: list[Venue] = []
        self._load = chain(self._reference_data(), self._streams())

    def initial_load(self) -> Iterator[MockRecord]:
        """Artists, venues, customers, events, tickets and streams, with timestamps before the start.

        Timestamps ascend within each topic. A second call goes on where the first one was left.
        """
        return self._load

    def continuous(self) -> Iterator[MockRecord]:
        """Customers, streams, tickets and events at their intervals from the start on, for ever, in the order of time."""
        for _ in self._load:
            pass
        return self._continuous()

    def _reference_data(self) -> Iterator[MockRecord]:
        sizes, start = self._settings.sizes, self._settings.start_ms
        instants = count(start + _REFERENCE_DATA_AT)
        for _ in range(sizes.artists):
            yield self._artist(next(instants))
        for address, venue in venues(sizes.venues):
            self._venues.append(venue)
            at = next(instants)
            yield topics.ADDRESSES, address.id, address, at
            yield topics.VENUES, venue.id, venue, at
        for _ in range(sizes.legacy_customers):
            at = next(instants)
            legacy = self._people.legacy_customer(day_of(at))
            yield topics.LEGACY_CUSTOMERS, legacy.id, legacy, at
        for _ in range(sizes.customers):
            yield from self._customer(next(instants), self._people.customer)
        for announced_ms, day in self._stage.past_or_future(start, sizes.events):
            yield self._event(announced_ms, day)
        for sold_ms, event_id in self._activity.sales(sizes.tickets, start):
            ticket = self._activity.ticket(event_id)
            yield topics.TICKETS, ticket.id, ticket, sold_ms

    def _streams(self) -> Iterator[MockRecord]:
        total, begin = self._settings.sizes.streams, self._settings.start_ms + _STREAMS_FROM
        instants = [begin - _STREAMS_FROM * number // total for number in range(total)]
        topic = topics.STREAMS
        for stream, at in zip(self._activity.streams(instants), instants, strict=True):
            yield topic, stream.id, stream, at

    def _artist(self, at: int) -> MockRecord:
        artist = self._stage.artist()
        self._activity.artists.add(artist.id)
        return topics.ARTISTS, artist.id, artist, at

    def _customer(self, at: int, make: Callable[[int], topics.Customer]) -> Iterator[MockRecord]:
        customer = make(day_of(at))
        self._activity.welcome(customer.id)
        yield topics.CUSTOMERS, customer.id, customer, at
        address = self._people.address(customer)
        yield topics.ADDRESSES, address.id, address, at
        email = self._people.email(customer)
        yield topics.EMAILS, email.id, email, at
        phone = self._people.phone(customer)
        yield topics.PHONES, phone.id, phone, at

    def _event(self, at: int, day: int) -> MockRecord:
        announced = self._stage.event(self._activity.artists.pick(), self._venues, at, day)
        self._activity.events.add(announced)
        return topics.EVENTS, announced.event.id, announced.event, at

    def _continuous(self) -> Iterator[MockRecord]:
        start, intervals = self._settings.start_ms, self._settings.intervals
        kinds: tuple[tuple[float, Callable[[int], Iterator[MockRecord]]], ...] = (
            (intervals.customer_ms, self._customer_now),
            (intervals.event_ms, self._event_now),
            (intervals.ticket_ms, self._ticket_now),
            (intervals.stream_ms, self._stream_now),
        )
        # Due instants are multiples of the interval, not sums of it: no rounding adds up.
        due = [(interval, rank, 1) for rank, (interval, _) in enumerate(kinds) if interval]
        heapq.heapify(due)
        while due:
            after_ms, rank, times = due[0]
            interval, happen = kinds[rank]
            heapq.heapreplace(due, (interval * (times + 1), rank, times + 1))
            yield from happen(start + int(after_ms))

    def _customer_now(self, at: int) -> Iterator[MockRecord]:
        return self._customer(at, self._people.newcomer)

    def _event_now(self, at: int) -> Iterator[MockRecord]:
        if self._activity.artists.items and self._venues:
            yield self._event(at, self._stage.coming(at))

    def _ticket_now(self, at: int) -> Iterator[MockRecord]:
        event_id = self._activity.on_sale(at)
        if event_id is not None and self._activity.listeners.items:
            ticket = self._activity.ticket(event_id)
            yield topics.TICKETS, ticket.id, ticket, at

    def _stream_now(self, at: int) -> Iterator[MockRecord]:
        if self._activity.artists.items and self._activity.listeners.items:
            for stream in self._activity.streams((at,)):
                yield topics.STREAMS, stream.id, stream, at
