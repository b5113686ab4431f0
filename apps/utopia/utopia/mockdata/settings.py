"""How much mock data, how fast, how skewed, from which seed and instant."""

from __future__ import annotations

from dataclasses import dataclass, fields

from headrace.core.errors import ConfigurationError
from utopia.mockdata.venues import VENUE_COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many of each there are before the continuous part begins.

    Raises:
        ConfigurationError: A size is negative, more venues than there are, or something would have nothing to refer to.
    """

    customers: int = 2_000
    legacy_customers: int = 200
    artists: int = 120
    venues: int = VENUE_COUNT
    events: int = 300
    tickets: int = 12_000
    streams: int = 200_000

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                message = f"the number of {field.name} must not be negative, got {getattr(self, field.name)}"
                raise ConfigurationError(message)
        if self.venues > VENUE_COUNT:
            message = f"there are {VENUE_COUNT} venues, {self.venues} are asked for"
            raise ConfigurationError(message, hint=f"give at most {VENUE_COUNT}")
        self._need("streams", "customers", "artists")
        self._need("tickets", "customers", "events")
        self._need("events", "artists", "venues")

    def _need(self, what: str, *referred: str) -> None:
        missing = [name for name in referred if getattr(self, what) and not getattr(self, name)]
        if missing:
            message = f"{what} need {' and '.join(missing)} to refer to"
            raise ConfigurationError(message, hint=f"give at least one of {', '.join(missing)}, or no {what}")


WORKSHOP_SIZES = Sizes(customers=20, legacy_customers=5, artists=20, venues=15, events=50, tickets=200, streams=1_000)
"""Small enough to be read by eye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Milliseconds between two of a kind in the continuous part; fractions are allowed, 0 means none.

    A customer comes with address, email and phone.
    """

    customer_ms: float = 2_000
    stream_ms: float = 2_000
    ticket_ms: float = 5_000
    event_ms: float = 20_000

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                message = f"{field.name} must not be negative, got {getattr(self, field.name)}"
                raise ConfigurationError(message)

    def faster(self, factor: float) -> Intervals:
        """The same mix, `factor` times as fast."""
        return Intervals(
            customer_ms=self.customer_ms / factor,
            stream_ms=self.stream_ms / factor,
            ticket_ms=self.ticket_ms / factor,
            event_ms=self.event_ms / factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that decides the data: equal settings give equal records.

    Attributes:
        start_ms: The instant at which the initial load ends and the continuous part begins, ms since the epoch.
        seed: Another seed gives another world.
        skew: 0 makes all customers, artists and events equally active; about 1 is like life.
    """

    start_ms: int
    seed: int = 7
    skew: float = 0.8
    sizes: Sizes = Sizes()
    intervals: Intervals = Intervals()

    def __post_init__(self) -> None:
        if self.skew < 0:
            message = f"skew must not be negative, got {self.skew}"
            raise ConfigurationError(message)
