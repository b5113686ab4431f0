"""Events into a log and out of it again, for tests of whole applications."""

from collections.abc import Callable, Iterator
from threading import Event as Signal
from typing import TypeVar

from segmenter.driver.driving import Drive, drive
from segmenter.model import (
    DEVICE_FORMAT,
    ENVELOPE_FORMAT,
    EVENTS,
    SESSION_EVENTS,
    SESSION_KEY_FORMAT,
    Device,
    Envelope,
    SessionKey,
)
from segmenter.surroundings import Surroundings
from session_expectations import SessionEvent, expected

from headrace.core.identifiers import TopicPartition
from headrace.formats import Format
from headrace.log.api import Log

K = TypeVar("K")

START_MS = 1_760_000_000_000


def fill(around: Surroundings, count: int, devices: int = 10) -> None:
    """Writes the first so many events of a seed, with times of their own."""
    what = Drive(full_speed=True, most=count, start_ms=START_MS, devices=devices)
    assert drive(around, what, Signal(), lambda _: None) == count


def read_all(log: Log, topic: str) -> Iterator[tuple[int, bytes, bytes]]:
    """Partition, key and value of all that is committed, each partition in its order."""
    admin = log.admin()
    for number in range(admin.partition_counts()[topic]):
        where = TopicPartition(topic, number)
        reader = log.reader()
        end = admin.end_offsets([where])[where]
        reader.assign(admin.start_offsets([where]))
        while reader.position(where) < end:
            for batch in reader.poll(10_000, 1.0):
                for key, value in zip(batch.keys, batch.values, strict=True):
                    assert key is not None
                    assert value is not None
                    yield number, key, value
        reader.close()


def _decoders(around: Surroundings, topic: str, keys: Format[K]) -> tuple[Callable[[bytes], K], Callable[[bytes], Envelope]]:
    value = around.connected(ENVELOPE_FORMAT).decoder(topic, is_key=False)
    return around.connected(keys).decoder(topic, is_key=True), value


def wanted(around: Surroundings, seed: int = 7) -> list[SessionEvent]:
    """What has to come out for the events that are there."""
    key, value = _decoders(around, EVENTS, DEVICE_FORMAT)
    partitions: dict[int, list[tuple[Device, Envelope]]] = {}
    for number, raw_key, raw_value in read_all(around.log, EVENTS):
        partitions.setdefault(number, []).append((key(raw_key), value(raw_value)))
    return [each for partition in partitions.values() for each in expected(partition, seed)]


def found(around: Surroundings, topic: str = SESSION_EVENTS) -> list[SessionEvent]:
    """What has come out and is committed."""
    key, value = _decoders(around, topic, SESSION_KEY_FORMAT)
    made: list[SessionEvent] = []
    for _, raw_key, raw_value in read_all(around.log, topic):
        session: SessionKey = key(raw_key)
        made.append(SessionEvent(session.device.id, session.session_id, value(raw_value)))
    return made
