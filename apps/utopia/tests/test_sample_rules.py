"""The functions of the samples, without a topology around them."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from utopia.entities import Address, Customer, Event, Stream, Ticket
from utopia.samples.address_sort_and_stringify import one_line
from utopia.samples.purchase_event_ticket import EventStatus, TicketRequest, announce, decided
from utopia.samples.target_customer_filter import born_in_the_nineties
from utopia.samples.top_customer_artists import MOST_ARTISTS, Ranking, ranked, top

SMALL_HALL = Event("event-1", "artist-1", "venue-1", 5, "2026-01-01")


def rank(artists: list[str]) -> Ranking:
    ranking: Ranking = {}
    for artist in artists:
        ranking = ranked("1", Stream("", "1", artist, ""), ranking)
    return ranking


def test_artists_rank_by_streams() -> None:
    assert list(rank(list("223444")).items()) == [("4", 3), ("2", 2), ("3", 1)]


def test_the_order_of_equals_stays_until_one_is_overtaken() -> None:
    ranking = rank(list("abcabc"))
    assert list(ranking) == ["a", "b", "c"]

    assert list(rank(list("abcabcc"))) == ["c", "a", "b"]
    assert list(rank(list("abcabcca"))) == ["c", "a", "b"], "a is level with c, who was there first"
    assert list(rank(list("abcabccaa"))) == ["a", "c", "b"]


@given(st.lists(st.sampled_from("abcdef"), max_size=60))
def test_a_ranking_counts_everything_and_descends(artists: list[str]) -> None:
    ranking = rank(artists)

    assert ranking == {artist: artists.count(artist) for artist in set(artists)}
    assert list(ranking.values()) == sorted(ranking.values(), reverse=True)


def test_a_ranking_is_a_new_value_each_time() -> None:
    before = {"a": 1}

    after = ranked("1", Stream("", "1", "b", ""), before)

    assert (before, after) == ({"a": 1}, {"a": 1, "b": 1})


def test_a_ranking_keeps_at_most_a_thousand_artists() -> None:
    full = {str(number): 2 for number in range(MOST_ARTISTS)}

    assert ranked("1", Stream("", "1", "newcomer", ""), full) == full
    assert ranked("1", Stream("", "1", "999", ""), full)["999"] == 3


def test_the_top_has_three_and_may_have_less() -> None:
    assert list(top({"a": 4, "b": 3, "c": 2, "d": 1})) == ["a", "b", "c"]
    assert top({"a": 1}) == {"a": 1}
    assert top({}) == {}


def sell(event: Event, tickets: int, status: EventStatus = EventStatus()) -> list[EventStatus]:  # noqa: B008 - immutable
    statuses = [status]
    for number in range(tickets):
        request = TicketRequest(Ticket(f"ticket-{number}", "1", event.id, 20.0), event)
        statuses.append(decided(event.id, request, statuses[-1]))
    return statuses[1:]


def outcomes(statuses: list[EventStatus]) -> list[tuple[str, int]]:
    return [(s.last.confirmation_status, s.last.remaining_tickets) for s in statuses if s.last]


def test_requests_are_confirmed_down_to_the_last_ticket_and_then_rejected() -> None:
    sold = sell(SMALL_HALL, 8)

    assert outcomes(sold) == [("CONFIRMED", left) for left in (4, 3, 2, 1, 0)] + [("REJECTED", 0)] * 3
    assert sold[-1].sold == 5


def test_an_event_moved_to_a_larger_room_sells_again() -> None:
    sold_out = sell(SMALL_HALL, 7)[-1]
    larger = Event("event-1", "artist-1", "venue-2", 6, "2026-01-01")

    assert outcomes(sell(larger, 2, sold_out)) == [("CONFIRMED", 0), ("REJECTED", 0)]


def test_an_event_moved_to_a_smaller_room_does_not_take_tickets_back() -> None:
    sold = sell(SMALL_HALL, 4)[-1]
    smaller = Event("event-1", "artist-1", "venue-3", 2, "2026-01-01")

    assert outcomes(sell(smaller, 1, sold)) == [("REJECTED", 0)]


def test_the_same_request_gets_the_same_confirmation_id_and_others_get_others() -> None:
    first, again = sell(SMALL_HALL, 3), sell(SMALL_HALL, 3)

    assert first == again
    assert len({status.last.confirmation_id for status in first if status.last}) == 3


def test_it_is_said_once_that_an_event_is_almost_sold_out_and_once_that_it_is(caplog: pytest.LogCaptureFixture) -> None:
    hall = Event("event-9", "artist-1", "venue-1", 10, "2026-01-01")
    with caplog.at_level(logging.WARNING):
        for status in sell(hall, 13):
            assert status.last is not None
            announce("event-9", status.last)

    assert [record.getMessage() for record in caplog.records] == [
        "event event-9 is almost sold out: 2 of 10 tickets remain",
        "event event-9 is sold out",
    ]


def test_an_address_without_a_second_line_has_no_gap() -> None:
    address = Address("1", "1", "US", "RESID", "9 Mill St", "", "Madison", "WI", "53703", "0001", "US", None, None)

    assert one_line(address) == "9 Mill St, Madison, WI 53703-0001 US"


@pytest.mark.parametrize(
    ("birthdt", "in_target"),
    [("1989-12-31", False), ("1990-01-01", True), ("1999-12-31", True), ("2000-01-01", False)],
)
def test_the_nineties_begin_in_1990_and_end_in_1999(birthdt: str, in_target: bool) -> None:
    customer = Customer("1", "IND", "U", "A", "B", "C", "A B C", "", "Mx.", birthdt, "2020-01-01")

    assert born_in_the_nineties(customer) is in_target
