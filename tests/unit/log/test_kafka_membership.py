"""What librdkafka tells of a membership; members themselves are tested on brokers."""

from __future__ import annotations

import pytest

from headrace.core.errors import LogBusyError
from headrace.log.kafka.membership import read_ticket


def test_generation_and_member_are_read() -> None:
    ticket = read_ticket(b"CGMDv2:\x07\x01\x00\x00shop\x00shop-4a1\x00\x01")
    assert (ticket.generation, ticket.member) == (263, "shop-4a1")


def test_whoever_is_outside_has_no_member_id() -> None:
    ticket = read_ticket(b"CGMDv2:\xff\xff\xff\xffshop\x00\x00\x01")
    assert (ticket.generation, ticket.member) == (-1, "")


@pytest.mark.parametrize("raw", [b"", b"CGMD", b"something else"])
def test_an_unknown_form_is_told(raw: bytes) -> None:
    with pytest.raises(LogBusyError, match="unknown form"):
        read_ticket(raw)
