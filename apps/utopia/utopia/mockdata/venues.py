"""The fifteen venues of the platform, with fixed addresses. The names are invented, the cities are not."""

from __future__ import annotations

from collections.abc import Iterator

from utopia.entities import Address, Venue
from utopia.mockdata.places import BY_ZIP

_VENUES = (
    ("The Headrace", 40, "12 Mill St", "55401"),
    ("Lantern Cellar", 60, "418 Pearl St", "80302"),
    ("Blue Heron Room", 90, "77 Chestnut St", "28801"),
    ("Carousel Club", 120, "2301 Frenchmen St", "70116"),
    ("Second Story", 150, "906 Congress Ave", "78701"),
    ("The Paper Moon", 180, "1520 Pike St", "98122"),
    ("Cedar Street Ballroom", 250, "33 Cedar St", "53703"),
    ("Magnolia Hall", 320, "1100 Division St", "37203"),
    ("Foundry Stage", 400, "640 Wyckoff Ave", "11211"),
    ("Union Depot Theater", 550, "214 4th St", "55101"),
    ("The Orpheon", 700, "1830 W Fullerton Ave", "60614"),
    ("Golden Gate Playhouse", 900, "55 Grove St", "94102"),
    ("Harbor Pavilion", 1_400, "290 Stuart St", "02116"),
    ("Desert Sky Theater", 2_200, "400 W Washington St", "85004"),
    ("Great Lakes Arena", 4_800, "9 Woodward Ave", "48226"),
)

VENUE_COUNT = len(_VENUES)


def venues(count: int) -> Iterator[tuple[Address, Venue]]:
    """The first `count` venues, each with its address."""
    for number, (name, capacity, line1, zip5) in enumerate(_VENUES[:count], start=1):
        place = BY_ZIP[zip5]
        address = Address(
            id=f"address-venue-{number}",
            customerid="",
            formatcode="US",
            type="VENUE",
            line1=line1,
            line2="",
            citynm=place.city,
            state=place.state,
            zip5=zip5,
            zip4=f"{1000 + number}",
            countrycd="US",
            latitude=place.latitude,
            longitude=place.longitude,
        )
        yield address, Venue(id=f"venue-{number}", addressid=address.id, name=name, maxcapacity=capacity)
