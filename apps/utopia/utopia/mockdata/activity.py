"""What customers do: stream artists and ask for tickets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
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
        self._stream_numbers = count(1)
        self._ticket_numbers = count(1)

    def welcome(self, customer_id: str) -> None:
        """Lets a customer take part from now on."""
        artists = self.artists
        favourites = tuple(artists.pick() for _ in range(_FAVOURITES)) if artists.items else ()
        self.listeners.add(Listener(customer_id, favourites))

    def streams(self, instants: Iterable[int]) -> Iterator[Stream]:
        """At each instant (ms) someone listens to something."""
        listener, popular, chance = self.listeners.pick, self.artists.pick, self._streaming
        numbers, instant_text = self._stream_numbers, self._instant
        for at in instants:
            customer_id, favourites = listener()
            # One draw decides both whether it is a favourite and which one: this is the generator's busiest line.
            draw = chance()
            artist_id = favourites[int(draw * _FAVOURITES / _LOYALTY)] if draw < _LOYALTY else popular()
            yield Stream(f"stream-{next(numbers)}", customer_id, artist_id, instant_text(at))

    def ticket(self, event_id: str) -> Ticket:
        """Someone asks for a ticket."""
        return Ticket(
            id=f"ticket-{next(self._ticket_numbers)}",
            customerid=self.listeners.pick().customer_id,
            eventid=event_id,
            price=round(_CHEAPEST + (_DEAREST - _CHEAPEST) * self._buying.random() ** 4, 2),
        )

    def sales(self, total: int, before_ms: int) -> list[tuple[int, str]]:
        """Instants (ms, ascending) and events of `total` tickets, each within the time in which its event was on sale."""
        sold = []
        for _ in range(total):
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
