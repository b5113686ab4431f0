"""Places that exist: city, state, zip code, telephone area, time zone and coordinates belong together."""

from __future__ import annotations

from typing import NamedTuple

_TABLE = """
53703 Madison|WI|608|America/Chicago|43.08|-89.38
53202 Milwaukee|WI|414|America/Chicago|43.05|-87.90
55401 Minneapolis|MN|612|America/Chicago|44.98|-93.27
55403 Minneapolis|MN|612|America/Chicago|44.97|-93.29
55408 Minneapolis|MN|612|America/Chicago|44.95|-93.29
55101 Saint Paul|MN|651|America/Chicago|44.95|-93.09
55802 Duluth|MN|218|America/Chicago|46.77|-92.09
60601 Chicago|IL|312|America/Chicago|41.89|-87.62
60614 Chicago|IL|773|America/Chicago|41.92|-87.65
60647 Chicago|IL|773|America/Chicago|41.92|-87.70
50309 Des Moines|IA|515|America/Chicago|41.59|-93.62
68102 Omaha|NE|402|America/Chicago|41.26|-95.93
64108 Kansas City|MO|816|America/Chicago|39.08|-94.59
63103 Saint Louis|MO|314|America/Chicago|38.63|-90.21
48226 Detroit|MI|313|America/Detroit|42.33|-83.05
48104 Ann Arbor|MI|734|America/Detroit|42.26|-83.72
44113 Cleveland|OH|216|America/New_York|41.48|-81.70
43215 Columbus|OH|614|America/New_York|39.97|-83.00
45202 Cincinnati|OH|513|America/New_York|39.11|-84.50
46204 Indianapolis|IN|317|America/Indiana/Indianapolis|39.77|-86.16
40202 Louisville|KY|502|America/Kentucky/Louisville|38.25|-85.75
37203 Nashville|TN|615|America/Chicago|36.15|-86.79
37206 Nashville|TN|615|America/Chicago|36.18|-86.74
38103 Memphis|TN|901|America/Chicago|35.15|-90.05
70116 New Orleans|LA|504|America/Chicago|29.97|-90.06
77006 Houston|TX|713|America/Chicago|29.74|-95.39
75201 Dallas|TX|214|America/Chicago|32.79|-96.80
78701 Austin|TX|512|America/Chicago|30.27|-97.74
78704 Austin|TX|512|America/Chicago|30.24|-97.77
73102 Oklahoma City|OK|405|America/Chicago|35.47|-97.52
80202 Denver|CO|303|America/Denver|39.75|-105.00
80302 Boulder|CO|303|America/Denver|40.03|-105.30
84101 Salt Lake City|UT|801|America/Denver|40.76|-111.90
87102 Albuquerque|NM|505|America/Denver|35.08|-106.65
85004 Phoenix|AZ|602|America/Phoenix|33.45|-112.07
89101 Las Vegas|NV|702|America/Los_Angeles|36.17|-115.12
92101 San Diego|CA|619|America/Los_Angeles|32.72|-117.17
90012 Los Angeles|CA|213|America/Los_Angeles|34.06|-118.24
90028 Los Angeles|CA|323|America/Los_Angeles|34.10|-118.33
94102 San Francisco|CA|415|America/Los_Angeles|37.78|-122.42
94110 San Francisco|CA|415|America/Los_Angeles|37.75|-122.42
94612 Oakland|CA|510|America/Los_Angeles|37.81|-122.27
97205 Portland|OR|503|America/Los_Angeles|45.52|-122.69
97214 Portland|OR|503|America/Los_Angeles|45.51|-122.64
98101 Seattle|WA|206|America/Los_Angeles|47.61|-122.33
98122 Seattle|WA|206|America/Los_Angeles|47.61|-122.30
30303 Atlanta|GA|404|America/New_York|33.75|-84.39
30601 Athens|GA|706|America/New_York|33.98|-83.35
33139 Miami Beach|FL|305|America/New_York|25.78|-80.14
32801 Orlando|FL|407|America/New_York|28.54|-81.37
29401 Charleston|SC|843|America/New_York|32.78|-79.93
28801 Asheville|NC|828|America/New_York|35.59|-82.56
23220 Richmond|VA|804|America/New_York|37.55|-77.46
20009 Washington|DC|202|America/New_York|38.92|-77.04
21201 Baltimore|MD|410|America/New_York|39.29|-76.62
19103 Philadelphia|PA|215|America/New_York|39.95|-75.17
15222 Pittsburgh|PA|412|America/New_York|40.45|-79.99
10011 New York|NY|212|America/New_York|40.74|-74.00
10027 New York|NY|212|America/New_York|40.81|-73.95
11211 Brooklyn|NY|718|America/New_York|40.71|-73.95
02116 Boston|MA|617|America/New_York|42.35|-71.08
02139 Cambridge|MA|617|America/New_York|42.36|-71.10
99501 Anchorage|AK|907|America/Anchorage|61.22|-149.87
96813 Honolulu|HI|808|Pacific/Honolulu|21.31|-157.86
"""


class Place(NamedTuple):
    """One zip code with all that follows from it."""

    zip5: str
    city: str
    state: str
    area_code: str
    timezone: str
    latitude: float
    longitude: float


def _parsed(line: str) -> Place:
    zip_and_city, state, area_code, timezone, latitude, longitude = line.split("|")
    zip5, city = zip_and_city.split(" ", 1)
    return Place(zip5, city, state, area_code, timezone, float(latitude), float(longitude))


PLACES = tuple(_parsed(line) for line in _TABLE.strip().splitlines())
BY_ZIP = {place.zip5: place for place in PLACES}
