"""The rules: which session of a device is current after an event."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from string import ascii_letters, digits
from typing import assert_never

from segmenter.model import AllDataReceived, DataReceived, Device, DeviceWokeUp, Event, Session

_SIGNS = digits + ascii_letters
_LENGTH = 8


def session_id(seed: int, device: Device, offset: int) -> str:
    """Eight letters and digits, always the same for the same event: ids survive that it is processed again.

    Args:
        seed: Another seed gives other ids.
        device: Whose session it is.
        offset: Of the event that began it, in the device's partition.

    >>> session_id(7, Device("device-1"), 0)
    'tD5fnCNg'
    """
    number = int.from_bytes(blake2b(f"{seed}/{device.id}/{offset}".encode(), digest_size=_LENGTH).digest())
    signs = []
    for _ in range(_LENGTH):
        number, sign = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[sign])
    return "".join(signs)


def session_after(event: Event, device: Device, timestamp: int, current: Session | None, new_id: Callable[[], str]) -> Session:
    """The session that is current once an event was applied; `new_id` is asked where a new one begins.

    >>> before = Session(Device("d"), "a", 1_000)
    >>> session_after(AllDataReceived(), Device("d"), 2_000, before, lambda: "b")
    Session(device=Device(id='d'), session_id='a', timestamp=2000, completed=True)
    """
    match event:
        case DeviceWokeUp():
            return Session(device, new_id(), timestamp)
        case DataReceived():
            if current is None or current.completed:  # the wake-up was lost
                return Session(device, new_id(), timestamp)
            return Session(device, current.session_id, timestamp)
        case AllDataReceived():
            return Session(device, new_id() if current is None else current.session_id, timestamp, completed=True)
        case _:
            assert_never(event)
