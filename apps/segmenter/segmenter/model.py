"""Topics, keys and values. All are Avro under a schema registry; the schemas follow from these classes.

The union of events stands within a record, the envelope: a record without fields has no bytes of its own, and not every
client reads a union that is a value by itself.
"""

from __future__ import annotations

import msgspec

from headrace import Avro

EVENTS = "events"
SESSION_EVENTS = "session-events"
PARTITIONS = 5
UNKNOWN = -1
"""The timestamp of an envelope that has none."""


class Device(msgspec.Struct, frozen=True, gc=False):
    """A device; the key of its events."""

    id: str


class DeviceWokeUp(msgspec.Struct, frozen=True, gc=False):
    """It begins to send."""

    def __str__(self) -> str:
        return "DeviceWokeUp"


class DataReceived(msgspec.Struct, frozen=True, gc=False):
    """It has sent a reading."""

    name: str
    value: float

    def __str__(self) -> str:
        return f"DataReceived({self.name},{self.value:.3f})"


class AllDataReceived(msgspec.Struct, frozen=True, gc=False):
    """It has sent all that it had."""

    def __str__(self) -> str:
        return "AllDataReceived"


Event = DeviceWokeUp | DataReceived | AllDataReceived


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """An event with the time at which it happened, in ms since the epoch."""

    event: Event
    timestamp: int = UNKNOWN


class SessionKey(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A session of a device; the key of session events."""

    device: Device
    session_id: str

    def __str__(self) -> str:
        return f"{self.device.id}:{self.session_id}"


class Session(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The current session of a device; `timestamp` is that of its last event."""

    device: Device
    session_id: str
    timestamp: int
    completed: bool = False


DEVICE_FORMAT = Avro(Device)
ENVELOPE_FORMAT = Avro(Envelope)
SESSION_KEY_FORMAT = Avro(SessionKey)
SESSION_FORMAT = Avro(Session)
