"""Artists, and the events they give at venues."""

from __future__ import annotations

from typing import NamedTuple

from utopia.entities import Artist, Event, Venue
from utopia.mockdata import words
from utopia.mockdata.choice import random_for
from utopia.mockdata.days import DAY_MS, begin_of, day_of, day_text

_LATEST_DAYS, _EARLIEST_DAYS = 250, -100
_ANNOUNCED_WITHIN_DAYS = 200
_ANNOUNCED_BEFORE_DAYS = 10


class Announced(NamedTuple):
    """An event with the span in which its tickets are sold, in ms: `[from_ms, until_ms)`."""

    event: Event
    from_ms: int
    until_ms: int


class Stage:
    """Makes artists and events one after the other."""

    def __init__(self, seed: int) -> None:
        self._names = random_for(seed, "artists")
        self._dates = random_for(seed, "events")
        self._taken: set[str] = set()
        self._events = 0

    def artist(self) -> Artist:
        """An artist with a name that no other one has."""
        name = self._name()
        while name in self._taken:
            name = f"{self._name()} {self._names.choice(words.BAND_NOUNS)}"
        self._taken.add(name)
        return Artist(id=f"artist-{len(self._taken)}", name=name, genre=self._names.choice(words.GENRES))

    def _name(self) -> str:
        chance = self._names
        adjective, noun, other = chance.choice(words.BAND_ADJECTIVES), *chance.sample(words.BAND_NOUNS, 2)
        first, last = chance.choice(words.WOMENS_NAMES + words.MENS_NAMES), chance.choice(words.LAST_NAMES)
        forms = (
            f"The {adjective} {noun}s",
            f"{adjective} {noun}",
            f"{noun} & {other}",
            f"{first} {last}",
            f"{first} and the {noun}s",
            f"DJ {adjective} {noun}",
        )
        return chance.choice(forms)

    def past_or_future(self, start_ms: int, count: int) -> list[tuple[int, int]]:
        """When each of `count` events is announced (ms) and takes place (day), in the order of announcement.

        Days lie between 100 days before and 250 days after the start; of two or more events at least one lies on each side.
        """
        chance, today = self._dates, day_of(start_ms)
        planned = []
        for number in range(count):
            low = 1 if number == 0 else _EARLIEST_DAYS
            high = -1 if number == 1 else _LATEST_DAYS
            day = today + chance.randint(low, high)
            latest = min(start_ms - DAY_MS, begin_of(day) - _ANNOUNCED_BEFORE_DAYS * DAY_MS)
            planned.append((chance.randint(start_ms - _ANNOUNCED_WITHIN_DAYS * DAY_MS, latest), day))
        return sorted(planned)

    def coming(self, now_ms: int) -> int:
        """A day for an event that is announced now: within the next 250 days."""
        return day_of(now_ms) + self._dates.randint(1, _LATEST_DAYS)

    def event(self, artist_id: str, venues: list[Venue], announced_ms: int, day: int) -> Announced:
        """An event at one of the venues, for any number of people from 2 to the venue's maximum."""
        venue = self._dates.choice(venues)
        self._events += 1
        event = Event(
            id=f"event-{self._events}",
            artistid=artist_id,
            venueid=venue.id,
            capacity=2 + int((venue.maxcapacity - 1) * self._dates.random()),
            eventdate=day_text(day),
        )
        return Announced(event, announced_ms, begin_of(day))
