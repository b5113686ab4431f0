"""Asks a service about each record, many calls at once, with results in the order of the records."""

import asyncio

from headrace import Consumed, Produced, StreamsBuilder

POSTCODES = {"Basel": "4001", "Bern": "3011"}


async def postcode(city: str) -> str:
    """Stands for a call over the network."""
    await asyncio.sleep(0)
    return POSTCODES.get(city, "unknown")


def build(builder: StreamsBuilder) -> None:
    """Reads `cities` and writes their postcodes to `postcodes`.

    At most 50 calls are under way per task; each may take two seconds and is tried three times. A commit waits for the
    calls of its records. What fails for good goes the way of the option `on_process_error`.
    """
    cities = builder.stream("cities", Consumed(value=str))
    codes = cities.map_values_async(postcode, concurrency=50, timeout="2s", retries=2, name="postcode")
    codes.to("postcodes", Produced(value=str))
