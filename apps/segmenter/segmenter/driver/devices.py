"""What devices send: at random, but the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from segmenter.model import AllDataReceived, DataReceived, Device, DeviceWokeUp, Event

DEVICES = 10
READINGS = ("pressure", "temperature", "wind", "humidity")


def device_events(seed: int, devices: int = DEVICES) -> Iterator[tuple[Device, Event]]:
    """Events without end, of devices `device-1`, `device-2` ...: a quarter wake-ups, half readings, a quarter all sent.

    Nothing sees to it that a device wakes up before it sends: to the segmenter, these are lost messages.

    >>> device, event = next(device_events(seed=7))
    >>> print(device.id, event)
    device-6 DeviceWokeUp
    """
    random = Random(seed)
    known = [Device(f"device-{number}") for number in range(1, devices + 1)]
    while True:
        yield random.choice(known), _event(random)


def _event(random: Random) -> Event:
    match random.randrange(4):
        case 0:
            return DeviceWokeUp()
        case 1 | 2:
            return DataReceived(random.choice(READINGS), random.random())
        case _:
            return AllDataReceived()
