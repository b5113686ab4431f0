"""The program: events in, session events out."""

from __future__ import annotations

from functools import partial

from headrace import Consumed, FieldTime, Produced, StreamsBuilder
from segmenter.model import DEVICE_FORMAT, ENVELOPE_FORMAT, EVENTS, SESSION_EVENTS, SESSION_KEY_FORMAT
from segmenter.processor import SESSIONS, Segmenter

SEED = 7


def build(builder: StreamsBuilder, *, seed: int = SEED, output: str = SESSION_EVENTS) -> None:
    """Reads events, and writes each under the key of its session. Time is the envelope's, else the record's, else the clock's.

    Args:
        builder: Gets the program.
        seed: Of the sessions' ids.
        output: Where session events go; a second application over the same events needs a topic of its own.
    """
    builder.add_state_store(SESSIONS)
    consumed = Consumed(
        key=DEVICE_FORMAT,
        value=ENVELOPE_FORMAT,
        timestamp=FieldTime("timestamp", on_invalid="record-or-clock-time"),
        on_decode_error="skip",
        name="device-events",
    )
    (
        builder.stream(EVENTS, consumed)
        .process(partial(Segmenter, seed), SESSIONS.name, name="segmenter")
        .to(output, Produced(key=SESSION_KEY_FORMAT, value=ENVELOPE_FORMAT, name="session-events"))
    )
