"""The samples on the TestDriver: each recorded outcome of the workshop, and the edges around it."""

import logging
from collections.abc import Callable, Iterable
from types import ModuleType

import pytest
from utopia import entities as e
from utopia.samples import (
    address_sort_and_stringify,
    artist_ticket_count,
    customer_stream_count,
    purchase_event_ticket,
    stream_template,
    target_customer_filter,
    top_customer_artists,
)
from utopia.samples.purchase_event_ticket import Confirmation

from headrace import StreamsBuilder
from headrace.testing import TestDriver

Drive = Callable[[ModuleType], TestDriver]


@pytest.fixture
def drive(headrace_driver: Callable[..., TestDriver]) -> Drive:
    def driver(sample: ModuleType) -> TestDriver:
        builder = StreamsBuilder()
        sample.build(builder)
        return headrace_driver(builder.build())

    return driver


def stream(driver: TestDriver, streams: Iterable[tuple[str, str]]) -> None:
    """Pipes streams as (customer, artist)."""
    topic = driver.topic(e.STREAMS)
    for number, (customer, artist) in enumerate(streams):
        topic.pipe(f"stream-{number}", e.Stream(f"stream-{number}", customer, artist, "2026-01-01T00:00:00.000Z"))


def announce(driver: TestDriver, event: str, artist: str = "artist-1", capacity: int = 5) -> e.Event:
    """Pipes an event."""
    announced = e.Event(event, artist, "venue-1", capacity, "2026-01-01")
    driver.topic(e.EVENTS).pipe(event, announced)
    return announced


def buy(driver: TestDriver, event: str, tickets: int = 1, first: int = 1) -> None:
    """Pipes ticket requests, numbered from `first`."""
    for number in range(first, first + tickets):
        driver.topic(e.TICKETS).pipe(f"ticket-{number}", e.Ticket(f"ticket-{number}", "1", event, 20.0))


# ---- CustomerStreamCount ----------------------------------------------------------------------------------------------


def test_streams_are_counted_per_customer_at_each_stream(drive: Drive) -> None:
    driver = drive(customer_stream_count)

    stream(driver, [("1", "2"), ("1", "3"), ("1", "4"), ("2", "3")])

    assert driver.topic(customer_stream_count.OUTPUT).key_values() == [("1", 1), ("1", 2), ("1", 3), ("2", 1)]
    assert driver.store(customer_stream_count.STORE).get("1").value == 3


# ---- TopCustomerArtists -----------------------------------------------------------------------------------------------


def rankings(driver: TestDriver, customer: str = "1") -> list[list[tuple[str, int]]]:
    rows = driver.topic(top_customer_artists.OUTPUT).key_values()
    return [list(ranking.items()) for key, ranking in rows if key == customer]


def test_top_artists_come_in_order_at_each_stream_and_follow_it(drive: Drive) -> None:
    driver = drive(top_customer_artists)

    stream(driver, [("1", artist) for artist in "223444"])
    outputs = rankings(driver)
    assert len(outputs) == 6
    assert outputs[-1] == [("4", 3), ("2", 2), ("3", 1)]

    stream(driver, [("1", "5"), ("1", "5")])
    assert rankings(driver)[-1] == [("4", 3), ("2", 2), ("5", 2)]

    stream(driver, [("1", "3"), ("1", "3")])
    assert rankings(driver)[-1] == [("4", 3), ("3", 3), ("2", 2)]


def test_a_newcomer_that_draws_level_stays_behind(drive: Drive) -> None:
    driver = drive(top_customer_artists)

    stream(driver, [("1", artist) for artist in "abcd"])

    assert rankings(driver)[-1] == [("a", 1), ("b", 1), ("c", 1)]


def test_customers_have_rankings_of_their_own(drive: Drive) -> None:
    driver = drive(top_customer_artists)

    stream(driver, [("1", "a"), ("2", "b"), ("1", "a"), ("2", "c")])

    outputs = driver.topic(top_customer_artists.OUTPUT).to_map()
    assert outputs == {"1": {"a": 2}, "2": {"b": 1, "c": 1}}


def test_the_store_keeps_all_artists_in_the_order_of_their_rank(drive: Drive) -> None:
    driver = drive(top_customer_artists)

    stream(driver, [("1", artist) for artist in "abcdd"])

    assert list(driver.store(top_customer_artists.STORE).get("1").value.items()) == [("d", 2), ("a", 1), ("b", 1), ("c", 1)]


# ---- PurchaseEventTicket ----------------------------------------------------------------------------------------------


def answers(driver: TestDriver) -> list[tuple[str, str, int]]:
    rows = driver.topic(purchase_event_ticket.OUTPUT).key_values()
    return [(event, answer.confirmation_status, answer.remaining_tickets) for event, answer in rows]


def test_tickets_are_confirmed_until_the_event_is_sold_out_and_then_rejected(drive: Drive) -> None:
    driver = drive(purchase_event_ticket)
    announce(driver, "event-1", capacity=5)

    buy(driver, "event-1")
    assert answers(driver) == [("event-1", "CONFIRMED", 4)]

    buy(driver, "event-1", tickets=4, first=2)
    assert answers(driver) == [("event-1", "CONFIRMED", left) for left in (3, 2, 1, 0)]

    buy(driver, "event-1", tickets=3, first=6)
    assert answers(driver) == [("event-1", "REJECTED", 0)] * 3


def test_an_answer_has_the_request_and_the_event(drive: Drive) -> None:
    driver = drive(purchase_event_ticket)
    event = announce(driver, "event-1")

    buy(driver, "event-1")

    answer = driver.topic(purchase_event_ticket.OUTPUT).read_value()
    assert isinstance(answer, Confirmation)
    assert answer.event == event
    assert answer.ticket_request == e.Ticket("ticket-1", "1", "event-1", 20.0)
    assert answer.confirmation_id


def test_answers_are_json_with_the_workshops_field_names(drive: Drive) -> None:
    driver = drive(purchase_event_ticket)
    announce(driver, "event-1")
    as_json = driver.topic(purchase_event_ticket.OUTPUT, key=str, value=dict)

    buy(driver, "event-1")

    names = {"confirmationId", "confirmationStatus", "ticketRequest", "event", "remainingTickets"}
    assert set(as_json.read_value()) == names


def test_events_sell_independently(drive: Drive) -> None:
    driver = drive(purchase_event_ticket)
    announce(driver, "event-1", capacity=2)
    announce(driver, "event-2", capacity=3)

    buy(driver, "event-1", tickets=3)
    buy(driver, "event-2", tickets=1, first=4)

    assert answers(driver)[-2:] == [("event-1", "REJECTED", 0), ("event-2", "CONFIRMED", 2)]


def test_a_request_before_its_event_gets_no_answer(drive: Drive) -> None:
    driver = drive(purchase_event_ticket)

    buy(driver, "event-1")
    announce(driver, "event-1")
    assert answers(driver) == []

    buy(driver, "event-1", first=2)
    assert answers(driver) == [("event-1", "CONFIRMED", 4)]


def test_a_cancelled_event_answers_no_more_requests(drive: Drive) -> None:
    driver = drive(purchase_event_ticket)
    announce(driver, "event-1")
    buy(driver, "event-1")

    driver.topic(e.EVENTS).pipe("event-1", None)
    buy(driver, "event-1", first=2)

    assert len(answers(driver)) == 1


def test_an_event_moved_to_a_larger_room_sells_again(drive: Drive) -> None:
    driver = drive(purchase_event_ticket)
    announce(driver, "event-1", capacity=2)
    buy(driver, "event-1", tickets=4)

    announce(driver, "event-1", capacity=3)
    buy(driver, "event-1", tickets=2, first=5)

    assert answers(driver)[-2:] == [("event-1", "CONFIRMED", 0), ("event-1", "REJECTED", 0)]


def test_events_that_are_almost_and_all_sold_out_are_logged(drive: Drive, caplog: pytest.LogCaptureFixture) -> None:
    driver = drive(purchase_event_ticket)
    announce(driver, "event-1", capacity=5)

    with caplog.at_level(logging.WARNING, logger=purchase_event_ticket.__name__):
        buy(driver, "event-1", tickets=7)

    assert [record.getMessage() for record in caplog.records] == [
        "event event-1 is almost sold out: 1 of 5 tickets remain",
        "event event-1 is sold out",
    ]


def test_the_stores_can_be_read(drive: Drive) -> None:
    driver = drive(purchase_event_ticket)
    event = announce(driver, "event-1")
    buy(driver, "event-1", tickets=2)

    assert driver.store(purchase_event_ticket.EVENT_STORE).get("event-1").value == event
    assert driver.store(purchase_event_ticket.STATUS_STORE).get("event-1").value.sold == 2


# ---- ArtistTicketCount ------------------------------------------------------------------------------------------------


def test_tickets_are_counted_per_artist(drive: Drive) -> None:
    driver = drive(artist_ticket_count)
    announce(driver, "event-1", artist="artist-1")
    announce(driver, "event-2", artist="artist-2")

    buy(driver, "event-1")
    buy(driver, "event-2", tickets=4, first=2)

    counts = driver.topic(artist_ticket_count.OUTPUT).key_values()
    assert counts == [("artist-1", 1), *(("artist-2", count) for count in (1, 2, 3, 4))]


def test_tickets_of_several_events_count_for_their_artist(drive: Drive) -> None:
    driver = drive(artist_ticket_count)
    announce(driver, "event-1", artist="artist-1")
    announce(driver, "event-2", artist="artist-1")

    buy(driver, "event-1", tickets=2)
    buy(driver, "event-2", tickets=1, first=3)

    assert driver.topic(artist_ticket_count.OUTPUT).to_map() == {"artist-1": 3}


# ---- AddressSortAndStringify ------------------------------------------------------------------------------------------


def live(driver: TestDriver, city: str, state: str) -> None:
    """Pipes an address."""
    address = e.Address("a", "c", "US", "RESID", "111 1st St", "Apt 2", city, state, "55555", "1234", "USA", None, None)
    driver.topic(e.ADDRESSES).pipe(address.id, address)


def test_addresses_are_written_out_under_their_state(drive: Drive) -> None:
    driver = drive(address_sort_and_stringify)

    live(driver, "Madison", "WI")

    expected = ("WI", "111 1st St, Apt 2, Madison, WI 55555-1234 USA")
    assert driver.topic(address_sort_and_stringify.OUTPUT).key_values() == [expected]
    assert driver.topic(address_sort_and_stringify.PRIORITY_OUTPUT).is_empty


def test_addresses_in_minnesota_go_to_the_priority_topic_only(drive: Drive) -> None:
    driver = drive(address_sort_and_stringify)

    live(driver, "Minneapolis", "MN")

    expected = ("MN", "111 1st St, Apt 2, Minneapolis, MN 55555-1234 USA")
    assert driver.topic(address_sort_and_stringify.PRIORITY_OUTPUT).key_values() == [expected]
    assert driver.topic(address_sort_and_stringify.OUTPUT).is_empty


# ---- TargetCustomerFilter ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", [e.CUSTOMERS, e.LEGACY_CUSTOMERS])
def test_customers_of_both_systems_born_in_the_nineties_are_the_target(drive: Drive, topic: str) -> None:
    driver = drive(target_customer_filter)

    for year in ("1989", "1990", "1999", "2000"):
        customer = e.Customer(year, "IND", "U", "A", "B", "C", "A B C", "", "Mx.", f"{year}-06-30", "2020-01-01")
        driver.topic(topic).pipe(year, customer)

    assert [key for key, _ in driver.topic(target_customer_filter.OUTPUT).key_values()] == ["1990", "1999"]


# ---- StreamTemplate ---------------------------------------------------------------------------------------------------


def test_the_template_passes_customers_on(drive: Drive) -> None:
    driver = drive(stream_template)
    customer = e.Customer("1", "IND", "U", "A", "B", "C", "A B C", "", "Mx.", "1990-06-30", "2020-01-01")

    driver.topic(e.CUSTOMERS).pipe("1", customer)

    assert driver.topic(stream_template.OUTPUT).key_values() == [("1", customer)]
