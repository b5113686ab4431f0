"""The words that names are made of. Any resemblance to a real person or band is chance."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GENRES = (
    "Hip Hop & Rap",
    "Pop",
    "Rock",
    "Country",
    "R&B",
    "Folk",
    "Jazz",
    "Heavy Metal",
    "EDM",
    "Soul",
    "Funk",
    "Reggae",
    "Disco",
    "Punk Rock",
    "Classical",
    "House",
    "Techno",
    "Indie Rock",
    "Grunge",
    "Ambient",
    "Gospel",
    "Latin",
)

MAIL_PROVIDERS = (
    "gmail.com",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "aol.com",
    "proton.me",
    "gmx.com",
    "zoho.com",
    "fastmail.com",
)

CUSTOMER_TYPES = ("IND", "FAM", "FREE", "PREMIUM")
GENDERS = ("U", "N", "F", "M")
PHONE_TYPES = ("RESID", "UNLST", "BUS", "FAX", "CELL", "U")
PRIMARY_INDICATORS = ("U", "Y", "N")
SUFFIXES = ("", "", "", "", "", "", "", "", "Jr.", "Sr.", "II", "III")

TITLES = {"F": ("Ms.", "Mrs.", "Dr."), "M": ("Mr.", "Mr.", "Dr."), "N": ("Mx.", "Dr."), "U": ("Mx.", "Dr.")}

WOMENS_NAMES = _words(
    "Ada Alice Amara Beatriz Camille Carmen Chloe Clara Daria Elena Esther Fatima Freya Grace Hana Imani Ingrid Isabel "
    "Joan Keiko Leila Lucia Maya Mina Nadia Naomi Nora Olive Paloma Priya Rosa Ruth Saskia Selma Sofia Tamsin Thea Uma "
    "Vera Willa Yara Zoe"
)
MENS_NAMES = _words(
    "Aaron Ahmed Anton Basil Caleb Carlos Dario David Elias Emil Felix Gabriel George Hassan Hugo Ivan Jamal Jonas "
    "Julian Kenji Lars Leon Luca Malik Marcus Mateo Milo Nikhil Noah Omar Oscar Pablo Quentin Rafael Rohan Samuel Simon "
    "Theo Tomas Victor Wendell Yusuf"
)
LAST_NAMES = _words(
    "Abara Adler Almeida Andersson Baker Banerjee Becker Bellamy Bianchi Brandt Castillo Chen Cohen Cruz Dahl Delgado "
    "Dubois Ellis Ferreira Fischer Flores Fontaine Garcia Greene Haddad Hansen Hayes Hoffman Ibrahim Ivanova Jackson "
    "Jensen Johnson Kaminski Kapoor Khan Kim Kowalski Larsen Lindqvist Lopez Marchetti Martin Mbeki Mendoza Moreau "
    "Murphy Nakamura Nguyen Novak Okafor Olsen Ortega Park Patel Petrov Quinn Ramirez Reyes Rossi Sato Schneider Silva "
    "Singh Sorensen Suzuki Takahashi Tanaka Thompson Torres Vargas Vogel Walker Weber Wilson Wong Yamada Yilmaz Young "
    "Zhang"
)

BAND_ADJECTIVES = _words(
    "Amber Borrowed Broken Burning Copper Crimson Distant Drifting Electric Endless Faded Feral Golden Hidden Hollow "
    "Humming Idle Ivory Jagged Lonesome Lucid Marble Midnight Neon Northern Paper Quiet Restless Rusty Salty Second "
    "Silver Slow Sunken Tender Thirsty Velvet Violet Wandering Wild"
)
BAND_NOUNS = _words(
    "Anchor Arcade Avenue Balcony Beacon Bicycle Canyon Carousel Cathedral Comet Compass Coyote Engine Falcon Ferry "
    "Garden Ghost Harbor Heron Horizon Island Jackal Ladder Lantern Lighthouse Machine Magnolia Meadow Mirror Monsoon "
    "Orchard Parade Pilot River Saint Satellite Season Shadow Signal Sparrow Station Statue Summer Thunder Tiger "
    "Train Valley Window Winter Wolf"
)

STREET_NAMES = _words(
    "1st 2nd 3rd 5th 9th Adams Birch Cedar Chestnut Church Elm Franklin Grand Harrison Hickory Jefferson Juniper "
    "Lake Laurel Lincoln Locust Madison Magnolia Main Maple Mill Monroe Oak Park Pearl Pine Prospect River Spring "
    "Sycamore Union Vine Walnut Washington Willow"
)
STREET_KINDS = ("St", "Ave", "Blvd", "Ln", "Rd", "Way")
