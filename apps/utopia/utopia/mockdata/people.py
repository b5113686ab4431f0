"""Customers, and the address, email and phone that come with each."""

from __future__ import annotations

from random import Random

from utopia.entities import Address, Customer, Email, Phone
from utopia.mockdata import words
from utopia.mockdata.choice import NineDigits, random_for
from utopia.mockdata.days import day_text, years_before
from utopia.mockdata.places import PLACES

_YOUNGEST, _OLDEST = 14, 40
_JOINED_WITHIN_DAYS = 6 * 365
_SHARED_ZIP_EVERY = 3
_MOST_CUSTOMERS = 450_000_000
_ALL_NAMES = words.WOMENS_NAMES + words.MENS_NAMES
_FIRST_NAMES = {"F": words.WOMENS_NAMES, "M": words.MENS_NAMES, "N": _ALL_NAMES, "U": _ALL_NAMES}


class People:
    """Makes customers one after the other.

    Joining takes place 14 to 40 years after birth. Every third customer lives in the zip code of the one before, so that
    there are neighbours in small populations too.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random_for(seed, "people")
        self._legacy_chance = random_for(seed, "legacy people")
        self._ids = NineDigits(random_for(seed, "customer ids"))
        self._legacy_ids = NineDigits(random_for(seed, "customer ids"), ahead=_MOST_CUSTOMERS)
        self._place = PLACES[0]
        self._housed = 0
        self._reached = 0

    def customer(self, today: int) -> Customer:
        """A customer who joined on `today` (an ordinal) or in the years before."""
        return self._person(self._ids.next(), today, self._chance)

    def newcomer(self, today: int) -> Customer:
        """A customer who joins on `today`."""
        return self._person(self._ids.next(), today, self._chance, within_days=0)

    def legacy_customer(self, today: int) -> Customer:
        """A customer of the old system; they have joined at least six years ago and have no streams or tickets."""
        return self._person(self._legacy_ids.next(), today - _JOINED_WITHIN_DAYS, self._legacy_chance)

    def _person(self, identity: str, today: int, chance: Random, within_days: int = _JOINED_WITHIN_DAYS) -> Customer:
        gender = chance.choice(words.GENDERS)
        first_names = _FIRST_NAMES[gender]
        first, middle, last = chance.choice(first_names), chance.choice(first_names), chance.choice(words.LAST_NAMES)
        suffix = chance.choice(words.SUFFIXES) if gender == "M" else ""
        joined = today - chance.randint(0, within_days)
        latest, earliest = years_before(joined, _YOUNGEST), years_before(joined, _OLDEST)
        return Customer(
            id=identity,
            type=chance.choice(words.CUSTOMER_TYPES),
            gender=gender,
            fname=first,
            mname=middle,
            lname=last,
            fullname=f"{first} {middle} {last} {suffix}".rstrip(),
            suffix=suffix,
            title=chance.choice(words.TITLES[gender]),
            birthdt=day_text(chance.randint(earliest, latest)),
            joindt=day_text(joined),
        )

    def address(self, customer: Customer) -> Address:
        """Where a customer lives."""
        chance = self._chance
        if self._housed % _SHARED_ZIP_EVERY != _SHARED_ZIP_EVERY - 1:
            self._place = chance.choice(PLACES)
        self._housed += 1
        place = self._place
        street = f"{chance.choice(words.STREET_NAMES)} {chance.choice(words.STREET_KINDS)}"
        located = chance.random() < 0.9
        return Address(
            id=f"address-{customer.id}",
            customerid=customer.id,
            formatcode="US",
            type="RESID",
            line1=f"{chance.randint(1, 2999)} {street}",
            line2=f"Apt {chance.randint(1, 40)}" if chance.random() < 0.4 else "",
            citynm=place.city,
            state=place.state,
            zip5=place.zip5,
            zip4=f"{chance.randint(1, 9999):04d}",
            countrycd="US",
            latitude=round(place.latitude + chance.uniform(-0.01, 0.01), 5) if located else None,
            longitude=round(place.longitude + chance.uniform(-0.01, 0.01), 5) if located else None,
        )

    def email(self, customer: Customer) -> Email:
        """A customer's mail address; no two customers share one."""
        self._reached += 1
        user = f"{customer.fname}.{customer.lname}{self._reached}".lower()
        return Email(
            id=f"email-{customer.id}",
            customerid=customer.id,
            email=f"{user}@{self._chance.choice(words.MAIL_PROVIDERS)}",
        )

    def phone(self, customer: Customer) -> Phone:
        """A customer's phone, in the area of the address made last."""
        chance = self._chance
        kind = chance.choice(words.PHONE_TYPES)
        return Phone(
            id=f"phone-{customer.id}",
            customerid=customer.id,
            phonetypecd=kind,
            primaryind=chance.choice(words.PRIMARY_INDICATORS),
            timezone=self._place.timezone,
            extnbr=str(chance.randint(100, 999)) if kind == "BUS" else "",
            number=f"{self._place.area_code}-555-{chance.randint(0, 9999):04d}",
        )
