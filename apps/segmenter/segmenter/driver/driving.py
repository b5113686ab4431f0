"""Sends events at a pace, and says what was acknowledged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from threading import Event as Signal

from headrace.core.time import SystemClock
from segmenter.driver.devices import DEVICES, device_events
from segmenter.driver.writer import EventWriter
from segmenter.model import Device, Envelope
from segmenter.surroundings import Surroundings

PAUSE_MS = 300
_AT_ONCE = 1_000
_SAY_EVERY_S = 1.0
_HOLD_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """What to send.

    Attributes:
        seed: Another one gives other events.
        devices: How many there are.
        full_speed: No pause between events, and a line per second instead of one per event.
        most: End after so many; None goes on.
        start_ms: Time of the first event, each further one `PAUSE_MS` later, whatever the speed: the same events every time.
            None: the time at which they are sent.
    """

    seed: int = 7
    devices: int = DEVICES
    full_speed: bool = False
    most: int | None = None
    start_ms: int | None = None

    def events(self) -> Iterator[tuple[Device, Envelope]]:
        """All events."""
        clock = SystemClock()
        times = (
            count(self.start_ms, PAUSE_MS) if self.start_ms is not None else iter(clock.now_ms, None)  # never None: no end
        )
        found = (
            (device, Envelope(event, time))
            for (device, event), time in zip(device_events(self.seed, self.devices), times, strict=False)
        )
        return islice(found, self.most)


def drive(
    around: Surroundings,
    what: Drive,
    stop: Signal,
    say: Callable[[str], None],
    hold: Callable[[], bool] = lambda: False,
) -> int:
    """Sends until `stop` or the end; how many were acknowledged. At full speed it waits as long as `hold` says so."""
    with EventWriter(around) as writer:
        return _at_full_speed(writer, what, stop, say, hold) if what.full_speed else _one_by_one(writer, what, stop, say)


def _one_by_one(writer: EventWriter, what: Drive, stop: Signal, say: Callable[[str], None]) -> int:
    sent = 0
    for device, envelope in what.events():
        ((where, end),) = writer.write([(device, envelope)]).items()
        sent += 1
        say(f"{f'{where}@{end - 1}':<18} {device.id:<10} {envelope.event}")
        if stop.wait(PAUSE_MS / 1000):
            break
    return sent


def _at_full_speed(writer: EventWriter, what: Drive, stop: Signal, say: Callable[[str], None], hold: Callable[[], bool]) -> int:
    events, sent, said, at = what.events(), 0, 0, time.monotonic()
    while not stop.is_set() and (part := list(islice(events, _AT_ONCE))):
        writer.write(part)
        sent += len(part)
        now = time.monotonic()
        if now - at >= _SAY_EVERY_S:
            say(f"{sent:,} events acknowledged, {(sent - said) / (now - at):,.0f} per second")
            at, said = now, sent
        while hold() and not stop.wait(_HOLD_S):
            pass
    return sent
