"""Addresses by state, as they stand on a letter; those of Minnesota go to a topic of their own."""

from __future__ import annotations

from headrace import Consumed, Produced, StreamsBuilder
from utopia.entities import ADDRESSES, Address

OUTPUT = "kafka-workshop-addresses-by-state"
PRIORITY_OUTPUT = "kafka-workshop-priority-addresses"
PRIORITY_STATE = "MN"


def build(builder: StreamsBuilder, suffix: str = "") -> None:
    """Addresses, keyed by state, written out, parted in two."""
    by_state = (
        builder.stream(ADDRESSES, Consumed(value=Address)).select_key(lambda _, address: address.state).map_values(one_line)
    )
    by_state.filter(lambda state, _: state == PRIORITY_STATE).to(PRIORITY_OUTPUT + suffix, Produced(value=str))
    by_state.filter_not(lambda state, _: state == PRIORITY_STATE).to(OUTPUT + suffix, Produced(value=str))


def one_line(address: Address) -> str:
    """An address in one line. Where there is no second line it is left out; the source leaves two commas there."""
    lines = ", ".join(line for line in (address.line1, address.line2, address.citynm) if line)
    return f"{lines}, {address.state} {address.zip5}-{address.zip4} {address.countrycd}"
