"""Windows: their bounds, keys and definitions. Pure values; the arithmetic of each kind stands beside its definition.

Source of the semantics: KIP-633 (grace is always written down), KIP-450 (sliding windows), KIP-94 (sessions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from headrace.core.calls import explained
from headrace.core.errors import TopologyError
from headrace.core.time import Duration, to_ms

K = TypeVar("K")

NO_GRACE = 0
"""Written as `grace=NO_GRACE`: a record that comes after its window's end is late and dropped."""

_GRACE = (
    'it is how long after its end a window still takes late records: grace="10s", or grace=NO_GRACE to drop all that are late'
)

END_OF_TIME = 2**63 - 1
"""The end of an unlimited window (Java's Long.MAX_VALUE)."""


class Window(NamedTuple):
    """A span of event time in ms. `end` is exclusive for time windows and inclusive for sliding and session windows."""

    start: int
    end: int


class Windowed(Generic[K]):
    """A key together with the window that its aggregate belongs to."""

    __slots__ = ("end", "key", "start")

    def __init__(self, key: K, start: int, end: int) -> None:
        self.key = key
        self.start = start
        self.end = end

    @property
    def window(self) -> Window:
        """The window as a value of its own."""
        return Window(self.start, self.end)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Windowed):
            return NotImplemented
        return bool(self.start == other.start and self.end == other.end and self.key == other.key)

    def __hash__(self) -> int:
        return hash((self.key, self.start, self.end))

    def __repr__(self) -> str:
        return f"Windowed({self.key!r}, start={self.start}, end={self.end})"


def _positive(value: int, what: str) -> int:
    if value <= 0:
        message = f"{what} must be positive, got {value} ms"
        raise TopologyError(message)
    return value


def _not_negative(value: int, what: str) -> int:
    if value < 0:
        message = f"{what} must not be negative, got {value} ms"
        raise TopologyError(message)
    return value


@dataclass(frozen=True, slots=True, init=False)
class TumblingWindows:
    """Windows of one size that follow each other without overlap: `[n * size, (n + 1) * size)`.

    >>> TumblingWindows(size="5s", grace=NO_GRACE).starts(7_300)
    (5000,)
    """

    size_ms: int
    grace_ms: int

    @explained(grace=_GRACE)
    def __init__(self, size: Duration, grace: Duration) -> None:
        object.__setattr__(self, "size_ms", _positive(to_ms(size), "window size"))
        object.__setattr__(self, "grace_ms", _not_negative(to_ms(grace), "grace"))

    @property
    def advance_ms(self) -> int:
        """Distance between two window starts; here the size."""
        return self.size_ms

    def starts(self, timestamp: int) -> tuple[int, ...]:
        """Starts of all windows that hold a timestamp, ascending."""
        return (timestamp - timestamp % self.size_ms,)


@dataclass(frozen=True, slots=True, init=False)
class HoppingWindows:
    """Windows of one size that start every `advance`: a record is in several when `advance < size`.

    Raises:
        TopologyError: `advance` is zero, negative or larger than `size`.

    >>> HoppingWindows(size=10, advance=4, grace=NO_GRACE).starts(9)
    (0, 4, 8)
    """

    size_ms: int
    advance_ms: int
    grace_ms: int

    @explained(grace=_GRACE)
    def __init__(self, size: Duration, advance: Duration, grace: Duration) -> None:
        size_ms, advance_ms = _positive(to_ms(size), "window size"), to_ms(advance)
        if not 0 < advance_ms <= size_ms:
            message = f"a hopping window's advance must be between 1 ms and its size of {size_ms} ms, got {advance_ms} ms"
            raise TopologyError(message)
        object.__setattr__(self, "size_ms", size_ms)
        object.__setattr__(self, "advance_ms", advance_ms)
        object.__setattr__(self, "grace_ms", _not_negative(to_ms(grace), "grace"))

    def starts(self, timestamp: int) -> tuple[int, ...]:
        """Starts of all windows that hold a timestamp, ascending; never negative."""
        advance = self.advance_ms
        first = max(0, timestamp - self.size_ms + advance) // advance * advance
        return tuple(range(first, timestamp + 1, advance))


TimeWindows = TumblingWindows | HoppingWindows
"""Windows with fixed bounds on the time axis."""


@dataclass(frozen=True, slots=True, init=False)
class SlidingWindows:
    """Windows of at most `difference` between two records of a key, both bounds inclusive (KIP-450)."""

    difference_ms: int
    grace_ms: int

    @explained(grace=_GRACE)
    def __init__(self, difference: Duration, grace: Duration) -> None:
        object.__setattr__(self, "difference_ms", _not_negative(to_ms(difference), "time difference"))
        object.__setattr__(self, "grace_ms", _not_negative(to_ms(grace), "grace"))


@dataclass(frozen=True, slots=True, init=False)
class SessionWindows:
    """Windows of activity per key that close after a `gap` without a record (KIP-94)."""

    gap_ms: int
    grace_ms: int

    @explained(grace=_GRACE)
    def __init__(self, gap: Duration, grace: Duration) -> None:
        object.__setattr__(self, "gap_ms", _positive(to_ms(gap), "inactivity gap"))
        object.__setattr__(self, "grace_ms", _not_negative(to_ms(grace), "grace"))


@dataclass(frozen=True, slots=True)
class UnlimitedWindows:
    """One window from `start` (ms since the epoch) to the end of time; earlier records are dropped."""

    start_ms: int = 0


@dataclass(frozen=True, slots=True, init=False)
class JoinWindows:
    """How far apart two records of a stream-stream join may be, from the left record's view.

    A right record joins when its timestamp is in `[left - before, left + after]`. Either bound may be negative, as long as
    the interval is not empty.

    Raises:
        TopologyError: `before + after` is negative, or `grace` is.
    """

    before_ms: int
    after_ms: int
    grace_ms: int

    @explained(grace=_GRACE)
    def __init__(self, *, before: Duration, after: Duration, grace: Duration) -> None:
        before_ms, after_ms = to_ms(before), to_ms(after)
        if before_ms + after_ms < 0:
            message = f"a join window's end lies before its start: before={before_ms} ms, after={after_ms} ms"
            raise TopologyError(message)
        object.__setattr__(self, "before_ms", before_ms)
        object.__setattr__(self, "after_ms", after_ms)
        object.__setattr__(self, "grace_ms", _not_negative(to_ms(grace), "grace"))

    @classmethod
    @explained(grace=_GRACE)
    def within(cls, difference: Duration, *, grace: Duration) -> JoinWindows:
        """The same distance to both sides."""
        return cls(before=difference, after=difference, grace=grace)

    @property
    def size_ms(self) -> int:
        """Length of the interval in which the other side is looked for."""
        return self.before_ms + self.after_ms
