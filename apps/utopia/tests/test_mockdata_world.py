"""What holds for every world, whatever its seed, start and sizes."""

from collections import Counter
from datetime import date
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from utopia import entities as e
from utopia.mockdata import WORKSHOP_SIZES, Intervals, MockData, MockRecord, Settings, Sizes
from utopia.mockdata.days import begin_of, day_of
from utopia.mockdata.pacing import until
from utopia.mockdata.venues import VENUE_COUNT

from headrace.core.errors import ConfigurationError

START = 1_760_000_000_000
WORKSHOP = Settings(start_ms=START, sizes=WORKSHOP_SIZES)

small_sizes = st.builds(
    Sizes,
    customers=st.integers(1, 12),
    legacy_customers=st.integers(0, 3),
    artists=st.integers(1, 30),
    venues=st.integers(1, VENUE_COUNT),
    events=st.integers(1, 12),
    tickets=st.integers(0, 40),
    streams=st.integers(0, 60),
)
worlds = st.builds(
    Settings,
    start_ms=st.integers(946_684_800_000, 4_102_444_800_000),
    seed=st.integers(),
    skew=st.sampled_from([0, 0.5, 1.0, 3.0]),
    sizes=small_sizes,
)


def some_of(world: Settings, continuous: int = 40) -> list[MockRecord]:
    data = MockData(world)
    return [*data.initial_load(), *islice(data.continuous(), continuous)]


REFERRED = {"artistid": e.ARTISTS, "venueid": e.VENUES, "eventid": e.EVENTS, "addressid": e.ADDRESSES}


def references(entity: e.Entity) -> list[tuple[str, str]]:
    """Topic and key of everything an entity points at. A venue's address has no customer."""
    found = [(topic, getattr(entity, field)) for field, topic in REFERRED.items() if hasattr(entity, field)]
    customer_id = getattr(entity, "customerid", "")
    return [*found, (e.CUSTOMERS, customer_id)] if customer_id else found


@given(worlds)
@settings(max_examples=40, deadline=None)
def test_references_point_at_what_came_before_in_order_and_time(world: Settings) -> None:
    made_at: dict[tuple[str, str], int] = {}
    for topic, key, entity, timestamp in some_of(world):
        for reference in references(entity):
            assert made_at[reference] <= timestamp
        assert (topic, key) not in made_at, "an id came twice"
        made_at[topic, key] = timestamp


@given(worlds)
@settings(max_examples=20, deadline=None)
def test_equal_settings_give_equal_records(world: Settings) -> None:
    assert some_of(world) == some_of(world)


@given(worlds)
@settings(max_examples=20, deadline=None)
def test_timestamps_ascend_in_each_topic_and_meet_at_the_start(world: Settings) -> None:
    data = MockData(world)
    latest: dict[str, int] = {}
    for topic, _, _, timestamp in data.initial_load():
        assert latest.get(topic, 0) <= timestamp < world.start_ms
        latest[topic] = timestamp
    before = world.start_ms
    for _, _, _, timestamp in islice(data.continuous(), 40):
        assert before <= timestamp
        before = timestamp


@given(worlds)
@settings(max_examples=20, deadline=None)
def test_tickets_are_sold_between_announcement_and_event(world: Settings) -> None:
    events: dict[str, tuple[int, e.Event]] = {}
    for _, key, entity, timestamp in some_of(world):
        if isinstance(entity, e.Event):
            events[key] = timestamp, entity
        if isinstance(entity, e.Ticket):
            announced, event = events[entity.eventid]
            assert announced <= timestamp < begin_of(date.fromisoformat(event.eventdate).toordinal())


@given(worlds)
@settings(max_examples=20, deadline=None)
def test_events_lie_from_100_days_before_to_250_days_after_the_start(world: Settings) -> None:
    offsets = [
        date.fromisoformat(entity.eventdate).toordinal() - day_of(world.start_ms)
        for _, _, entity, _ in MockData(world).initial_load()
        if isinstance(entity, e.Event)
    ]
    assert all(-100 <= days <= 250 for days in offsets)
    if len(offsets) > 1:
        assert min(offsets) < 0 < max(offsets)


@given(worlds)
@settings(max_examples=20, deadline=None)
def test_an_event_holds_between_two_people_and_the_venues_maximum(world: Settings) -> None:
    entities = [entity for _, _, entity, _ in some_of(world)]
    venues = {venue.id: venue for venue in entities if isinstance(venue, e.Venue)}
    for event in entities:
        if isinstance(event, e.Event):
            assert 2 <= event.capacity <= venues[event.venueid].maxcapacity


def test_initial_load_has_the_sizes_asked_for() -> None:
    counts = Counter(record[0] for record in MockData(WORKSHOP).initial_load())

    assert counts == {
        e.CUSTOMERS: 20,
        e.EMAILS: 20,
        e.PHONES: 20,
        e.ADDRESSES: 35,
        e.LEGACY_CUSTOMERS: 5,
        e.ARTISTS: 20,
        e.VENUES: 15,
        e.EVENTS: 50,
        e.TICKETS: 200,
        e.STREAMS: 1000,
    }


def test_continuous_part_keeps_its_rates() -> None:
    minute = list(until(MockData(WORKSHOP).continuous(), START + 60_001))
    counts = Counter(record[0] for record in minute)

    assert counts == {
        e.CUSTOMERS: 30,
        e.EMAILS: 30,
        e.PHONES: 30,
        e.ADDRESSES: 30,
        e.STREAMS: 30,
        e.TICKETS: 12,
        e.EVENTS: 3,
    }
    assert [r[3] - START for r in minute if r[0] == e.TICKETS] == list(range(5_000, 60_001, 5_000))


def test_a_customer_comes_with_address_email_and_phone_at_the_same_instant() -> None:
    only_customers = Intervals(stream_ms=0, ticket_ms=0, event_ms=0)
    data = MockData(Settings(start_ms=START, sizes=WORKSHOP_SIZES, intervals=only_customers))

    customer, *household = islice(data.continuous(), 4)

    assert [record[0] for record in household] == [e.ADDRESSES, e.EMAILS, e.PHONES]
    assert {(*references(record[2]), record[3]) for record in household} == {((e.CUSTOMERS, customer[1]), START + 2_000)}


def test_intervals_below_a_millisecond_do_not_drift() -> None:
    fast = Intervals(stream_ms=2_000, ticket_ms=5_000, customer_ms=0, event_ms=0).faster(3_000)
    data = MockData(Settings(start_ms=START, sizes=WORKSHOP_SIZES, intervals=fast))

    second = Counter(record[0] for record in until(data.continuous(), START + 1_000))

    assert second == {e.STREAMS: 1_499, e.TICKETS: 599}


def test_no_intervals_end_the_continuous_part() -> None:
    still = Intervals(customer_ms=0, stream_ms=0, ticket_ms=0, event_ms=0)

    assert list(MockData(Settings(start_ms=START, sizes=WORKSHOP_SIZES, intervals=still)).continuous()) == []


def test_continuous_part_is_the_same_whether_or_not_the_initial_load_was_read() -> None:
    read, unread = MockData(WORKSHOP), MockData(WORKSHOP)
    assert len(list(read.initial_load())) > 1_000

    assert list(islice(read.continuous(), 100)) == list(islice(unread.continuous(), 100))


def test_another_seed_gives_another_world() -> None:
    other = Settings(start_ms=START, seed=8, sizes=WORKSHOP_SIZES)

    assert {r[1] for r in some_of(WORKSHOP) if r[0] == e.CUSTOMERS}.isdisjoint(
        r[1] for r in some_of(other) if r[0] == e.CUSTOMERS
    )


def test_more_streams_leave_everything_else_as_it_was() -> None:
    more = Settings(start_ms=START, sizes=Sizes(**{**_as_dict(WORKSHOP_SIZES), "streams": 1_500}))

    def without_streams(world: Settings) -> list[MockRecord]:
        return [r for r in MockData(world).initial_load() if r[0] != e.STREAMS]

    assert without_streams(more) == without_streams(WORKSHOP)


def _as_dict(sizes: Sizes) -> dict[str, int]:
    return {name: getattr(sizes, name) for name in sizes.__slots__}


def test_skew_concentrates_streams_on_few_customers() -> None:
    def share_of_busiest_tenth(skew: float) -> float:
        sizes = Sizes(customers=100, artists=50, events=1, tickets=0, streams=10_000)
        records = MockData(Settings(start_ms=START, skew=skew, sizes=sizes)).initial_load()
        counts = Counter(entity.customerid for _, _, entity, _ in records if isinstance(entity, e.Stream))
        return sum(count for _, count in counts.most_common(10)) / 10_000

    assert share_of_busiest_tenth(0) < 0.15
    assert share_of_busiest_tenth(1.0) > 0.3


def test_demo_sizes_have_sold_out_events_and_events_with_seats_left() -> None:
    sizes = Sizes(streams=0)
    records = list(MockData(Settings(start_ms=START, sizes=sizes)).initial_load())
    asked = Counter(entity.eventid for _, _, entity, _ in records if isinstance(entity, e.Ticket))
    events = [entity for _, _, entity, _ in records if isinstance(entity, e.Event)]

    sold_out = sum(asked[event.id] > event.capacity for event in events)
    assert 10 < sold_out < len(events) / 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"customers": -1}, "customers must not be negative"),
        ({"venues": 16}, "there are 15 venues"),
        ({"artists": 0}, "streams need artists"),
        ({"customers": 0, "streams": 0}, "tickets need customers"),
    ],
)
def test_impossible_sizes_are_refused(wrong: dict[str, int], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Sizes(**wrong)


def test_negative_intervals_and_skew_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="ticket_ms"):
        Intervals(ticket_ms=-1)
    with pytest.raises(ConfigurationError, match="skew"):
        Settings(start_ms=START, skew=-0.1)


def test_a_world_without_anything_stays_empty_until_customers_come() -> None:
    nothing = Sizes(customers=0, legacy_customers=0, artists=0, venues=0, events=0, tickets=0, streams=0)
    data = MockData(Settings(start_ms=START, sizes=nothing))

    assert list(data.initial_load()) == []
    assert {record[0] for record in islice(data.continuous(), 40)} == {e.CUSTOMERS, e.ADDRESSES, e.EMAILS, e.PHONES}
