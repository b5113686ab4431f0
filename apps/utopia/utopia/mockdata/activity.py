"""What customers do: stream artists and ask for tickets."""

from __future__ import annotations

from typing import NamedTuple

from utopia.entities import Stream, Ticket
from utopia.mockdata.choice import SkewedChoice, random_for
from utopia.mockdata.days import instant_writer
from utopia.mockdata.stage import Announced

_FAVOURITES = 5
_LOYALTY = 0.6
_TRIES = 8
_CHEAPEST, _DEAREST = 1.0, 2_500.0


class Listener(NamedTuple):
    """A customer with the artists they come back to."""

    customer_id: str
    favourites: tuple[str, ...]


class Activity:
    """Makes streams and tickets; everything they refer to has been added before.

    Three of five streams go to one of the customer's five favourites, the others to an artist by popularity.
    """

    def __init__(self, seed: int, skew: float) -> None:
        self.artists: SkewedChoice[str] = SkewedChoice(random_for(seed, "popularity of artists"), skew)
        self.listeners: SkewedChoice[Listener] = SkewedChoice(random_for(seed, "activity of customers"), skew)
        self.events: SkewedChoice[Announced] = SkewedChoice(random_for(seed, "popularity of events"), skew)
        self._streaming = random_for(seed, "streams").random
        self._buying = random_for(seed, "tickets")
        self._instant = instant_writer()
        self._streams = 0
        self._tickets = 0

    def welcome(self, customer_id: str) -> None:
        """Lets a customer take part from now on."""
        artists = self.artists
        favourites = tuple(artists.pick() for _ in range(_FAVOURITES)) if artists.items else ()
        self.listeners.add(Listener(customer_id, favourites))

    def stream(self, now_ms: int) -> Stream:
        """Someone listens to something."""
        customer_id, favourites = self.listeners.pick()
        draw = self._streaming()
        # One draw decides both whether it is a favourite and which one: this is the busiest line of the generator.
        artist_id = favourites[int(draw / _LOYALTY * _FAVOURITES)] if draw < _LOYALTY else self.artists.pick()
        self._streams += 1
        return Stream(f"stream-{self._streams}", customer_id, artist_id, self._instant(now_ms))

    def ticket(self, event_id: str) -> Ticket:
        """Someone asks for a ticket."""
        self._tickets += 1
        return Ticket(
            id=f"ticket-{self._tickets}",
            customerid=self.listeners.pick().customer_id,
            eventid=event_id,
            price=round(_CHEAPEST + (_DEAREST - _CHEAPEST) * self._buying.random() ** 4, 2),
        )

    def sales(self, count: int, before_ms: int) -> list[tuple[int, str]]:
        """Instants (ms, ascending) and events of `count` tickets, each within the time in which its event was on sale."""
        sold = []
        for _ in range(count):
            event, from_ms, until_ms = self.events.pick()
            sold.append((self._buying.randrange(from_ms, min(until_ms, before_ms)), event.id))
        return sorted(sold)

    def on_sale(self, now_ms: int) -> str | None:
        """An event that tickets are sold for now, by popularity; None if there is none."""
        if not self.events.items:
            return None
        for _ in range(_TRIES):
            picked = self.events.pick()
            if now_ms < picked.until_ms:
                return picked.event.id
        return next((known.event.id for known in reversed(self.events.items) if now_ms < known.until_ms), None)
