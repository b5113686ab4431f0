"""The rules that the fields of the entities keep."""

import re
from collections import Counter
from datetime import date, datetime
from itertools import islice

import pytest
from utopia import entities as e
from utopia.mockdata import MockData, Settings, Sizes
from utopia.mockdata.places import BY_ZIP, PLACES
from utopia.mockdata.words import GENRES, MAIL_PROVIDERS

START = 1_760_000_000_000


@pytest.fixture(scope="module")
def entities() -> list[e.Entity]:
    sizes = Sizes(customers=400, legacy_customers=50, artists=600, events=60, tickets=500, streams=500)
    data = MockData(Settings(start_ms=START, sizes=sizes))
    records = [*data.initial_load(), *islice(data.continuous(), 500)]
    assert all(type(entity) is e.ENTITY_OF[topic] and key == entity.id for topic, key, entity, _ in records)
    return [entity for _, _, entity, _ in records]


def test_customers(entities: list[e.Entity]) -> None:
    customers = [entity for entity in entities if isinstance(entity, e.Customer)]

    assert all(re.fullmatch(r"[1-9][0-9]{8}", customer.id) for customer in customers)
    assert len({customer.id for customer in customers}) == len(customers)
    assert {customer.type for customer in customers} == {"IND", "FAM", "FREE", "PREMIUM"}
    assert {customer.gender for customer in customers} == {"U", "N", "F", "M"}
    for customer in customers:
        names = [customer.fname, customer.mname, customer.lname, customer.suffix]
        assert customer.fullname == " ".join(name for name in names if name)
        assert customer.title


def test_customers_joined_14_to_40_years_after_birth_and_not_in_the_future(entities: list[e.Entity]) -> None:
    for customer in entities:
        if isinstance(customer, e.Customer):
            born, joined = date.fromisoformat(customer.birthdt), date.fromisoformat(customer.joindt)
            years = joined.year - born.year - ((joined.month, joined.day) < (born.month, born.day))
            assert 14 <= years <= 40
            assert joined <= datetime.fromisoformat("2025-10-10").date()


def test_emails_are_a_user_name_at_one_of_ten_providers(entities: list[e.Entity]) -> None:
    emails = [entity.email for entity in entities if isinstance(entity, e.Email)]

    assert all(re.fullmatch(r"[a-z]+\.[a-z]+[0-9]+@[a-z.]+", email) for email in emails)
    assert len(set(emails)) == len(emails)
    assert {email.partition("@")[2] for email in emails} == set(MAIL_PROVIDERS)
    assert len(MAIL_PROVIDERS) == 10


def test_phones(entities: list[e.Entity]) -> None:
    phones = [entity for entity in entities if isinstance(entity, e.Phone)]
    zones = {place.area_code: place.timezone for place in PLACES}

    assert {phone.phonetypecd for phone in phones} == {"RESID", "UNLST", "BUS", "FAX", "CELL", "U"}
    assert {phone.primaryind for phone in phones} == {"U", "Y", "N"}
    for phone in phones:
        assert re.fullmatch(r"[0-9]{3}-555-[0-9]{4}", phone.number)
        assert phone.timezone == zones[phone.number[:3]]
        assert bool(phone.extnbr) == (phone.phonetypecd == "BUS")


def test_city_state_and_zip_belong_together(entities: list[e.Entity]) -> None:
    addresses = [entity for entity in entities if isinstance(entity, e.Address)]

    assert {address.type for address in addresses} == {"RESID", "VENUE"}
    assert {address.latitude is None for address in addresses} == {True, False}
    for address in addresses:
        place = BY_ZIP[address.zip5]
        assert (address.citynm, address.state) == (place.city, place.state)
        assert (address.formatcode, address.countrycd) == ("US", "US")
        assert re.fullmatch(r"[0-9]{4}", address.zip4)
        assert (address.latitude is None) == (address.longitude is None)
        assert (address.type == "VENUE") == (address.customerid == "")
        if address.latitude is not None and address.longitude is not None:
            assert abs(address.latitude - place.latitude) < 0.02
            assert abs(address.longitude - place.longitude) < 0.02


def test_zip_codes_are_unique_in_the_table_of_places() -> None:
    assert len(BY_ZIP) == len(PLACES)


def test_zip_codes_are_shared_by_several_customers_even_in_a_small_town() -> None:
    sizes = Sizes(customers=6, artists=1, events=1, tickets=0, streams=0)
    records = MockData(Settings(start_ms=START, sizes=sizes)).initial_load()
    homes = Counter(a.zip5 for _, _, a, _ in records if isinstance(a, e.Address) and a.type == "RESID")

    assert homes.most_common(1)[0][1] >= 2


def test_artists_have_names_of_their_own_and_one_of_22_genres(entities: list[e.Entity]) -> None:
    artists = [entity for entity in entities if isinstance(entity, e.Artist)]

    assert len({artist.name for artist in artists}) == len(artists) == 600
    assert {artist.genre for artist in artists} == set(GENRES)
    assert len(GENRES) == 22


def test_venues_are_always_the_same(entities: list[e.Entity]) -> None:
    other = [entity for _, _, entity, _ in MockData(Settings(start_ms=0, seed=1)).initial_load() if isinstance(entity, e.Venue)]

    assert other == [entity for entity in entities if isinstance(entity, e.Venue)]
    assert len(other) == 15


def test_ticket_prices_lie_between_1_and_2500(entities: list[e.Entity]) -> None:
    prices = [entity.price for entity in entities if isinstance(entity, e.Ticket)]

    assert all(1 <= price <= 2_500 and price == round(price, 2) for price in prices)
    assert len(set(prices)) > 100


def test_stream_times_are_the_records_own_instants() -> None:
    sizes = Sizes(customers=3, artists=3, events=1, tickets=0, streams=2_000)
    streams = [r for r in MockData(Settings(start_ms=START, sizes=sizes)).initial_load() if r[0] == e.STREAMS]

    for _, _, stream, timestamp in streams:
        assert isinstance(stream, e.Stream)
        assert round(datetime.fromisoformat(stream.streamtime).timestamp() * 1000) == timestamp
    assert all(len(stream.streamtime) == 24 for _, _, stream, _ in streams if isinstance(stream, e.Stream))
