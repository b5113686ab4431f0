"""Records come as time goes by."""

from itertools import islice

from utopia.mockdata import WORKSHOP_SIZES, Intervals, MockData, Settings
from utopia.mockdata.pacing import in_real_time, until

from headrace.core.time import ManualClock

START = 1_760_000_000_000
STREAMS_ONLY = Intervals(customer_ms=0, ticket_ms=0, event_ms=0)
WORLD = Settings(start_ms=START, sizes=WORKSHOP_SIZES, intervals=STREAMS_ONLY)


class Waiting:
    """Lets a clock go on instead of waiting, and stops after some waits."""

    def __init__(self, clock: ManualClock, waits: int) -> None:
        self.clock, self.waits, self.waited_s = clock, waits, 0.0

    def __call__(self, seconds: float) -> bool:
        self.waits -= seconds > 0
        self.waited_s += seconds
        self.clock.advance(seconds * 1000)
        return self.waits < 0


def test_each_record_comes_when_the_clock_reaches_it() -> None:
    clock = ManualClock(START)
    waiting = Waiting(clock, waits=3)

    seen = [
        (clock.now_ms(), record[3]) for part in in_real_time(MockData(WORLD).continuous(), clock, waiting) for record in part
    ]

    assert seen == [(START + at, START + at) for at in (2_000, 4_000, 6_000)]
    assert waiting.waited_s == 8


def test_what_lies_in_the_past_comes_at_once() -> None:
    clock = ManualClock(START + 100_000)

    first = next(in_real_time(MockData(WORLD).continuous(), clock, Waiting(clock, waits=9)))

    assert len(first) == 50


def test_a_long_past_comes_in_slices_and_can_be_stopped() -> None:
    clock = ManualClock(START + 10**9)

    slices = list(in_real_time(MockData(WORLD).continuous(), clock, lambda _: True))

    assert [len(part) for part in slices] == [10_000]


def test_the_last_records_come_when_there_are_no_more() -> None:
    clock = ManualClock(START + 10_000)
    three = islice(MockData(WORLD).continuous(), 3)

    assert [len(part) for part in in_real_time(three, clock, Waiting(clock, waits=0))] == [3]


def test_until_stops_before_its_end() -> None:
    assert [record[3] - START for record in until(MockData(WORLD).continuous(), START + 6_000)] == [2_000, 4_000]
