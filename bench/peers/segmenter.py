"""The segmenter by hand: one loop over the frames, sessions in dicts, Avro by fastavro's schemaless reader and writer.

Each event is read and written as a client's deserializer and serializer would. It knows that a device's key has the same bytes
in the changelog as in the input, and encodes the key of a session once, when it begins.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

import fastavro

from bench.peers.log import PeerLog
from headrace.core.hashing import partition_for
from headrace.core.identifiers import TopicPartition
from headrace.formats.registry import EmbeddedRegistry, Schema
from headrace.formats.registry.wire import HEADER_SIZE, header_of
from headrace.log.api import RecordColumns

GROUP = "segmenter"
EVENTS = "events"
OUTPUT = "session-events"
CHANGELOG = "segmenter-sessions-changelog"
PARTITIONS = 5
COMMIT_INTERVAL_S = 0.5
CHECK_MS = IDLE_MS = 4_000
SEED = 7

_SIGNS = digits + ascii_letters

Schemas = Mapping[str, str]
"""The text of each subject's schema."""


@dataclass(slots=True)
class Session:
    """The current session of a device."""

    device: dict[str, str]
    id: str
    key: bytes
    output: RecordColumns
    timestamp: int
    completed: bool


@dataclass(slots=True)
class Part:
    """One partition of the input."""

    changelog: RecordColumns
    position: int = 0
    stream_time: int = -1
    due: int = 0
    sessions: dict[bytes, Session] = field(default_factory=dict)
    changed: dict[bytes, int] = field(default_factory=dict)
    """Devices whose session is other than at the last commit, with the time of the last change."""


class Loop:
    """One run over a data directory: all there is, then it is done."""

    def __init__(self, directory: Path, schemas: Schemas) -> None:
        self._log = PeerLog(directory / "log", GROUP)
        self._log.create_topic(CHANGELOG, PARTITIONS)
        self._outputs = [RecordColumns() for _ in range(PARTITIONS)]
        self._parts = [Part(RecordColumns()) for _ in range(PARTITIONS)]
        topics = ((OUTPUT, self._outputs), (CHANGELOG, [part.changelog for part in self._parts]))
        self._records = {TopicPartition(name, number): of for name, all_of in topics for number, of in enumerate(all_of)}
        registry = EmbeddedRegistry(directory / "registry")
        self._heads = {subject: header_of(registry.register(subject, Schema(text))) for subject, text in schemas.items()}
        parsed = {subject: fastavro.parse_schema(json.loads(text)) for subject, text in schemas.items()}
        self._session_bytes = _encoder(self._heads[f"{CHANGELOG}-value"], parsed[f"{CHANGELOG}-value"])
        self._key_bytes = _encoder(self._heads[f"{OUTPUT}-key"], parsed[f"{OUTPUT}-key"])
        self._device = _decoder(parsed[f"{CHANGELOG}-key"])
        self._envelope_schema = parsed[f"{OUTPUT}-value"]
        self._envelope_bytes = _encoder(self._heads[f"{OUTPUT}-value"], self._envelope_schema)

    def run(self) -> None:
        """Reads the partitions in turn; returns after the last commit."""
        due, found = time.monotonic() + COMMIT_INTERVAL_S, True
        while found:
            found = False
            for number, part in enumerate(self._parts):
                taken = self._log.read(TopicPartition(EVENTS, number), part.position)
                if taken is None:
                    continue
                found = True
                end, frame = taken
                self._take(part, part.position, frame.keys, frame.values)
                part.position = end
                if time.monotonic() >= due:
                    self._commit()
                    due = time.monotonic() + COMMIT_INTERVAL_S
        self._commit()
        self._log.close()

    def _take(self, part: Part, offset: int, keys: list[Any], values: list[Any]) -> None:
        sessions, changed, head = part.sessions, part.changed, self._heads[f"{OUTPUT}-value"]
        read, schema, begin, envelope_bytes = (
            fastavro.schemaless_reader,
            self._envelope_schema,
            self._begin,
            self._envelope_bytes,
        )
        for key, value in zip(keys, values, strict=True):
            assert value.startswith(head)
            buffer = BytesIO(value)
            buffer.seek(HEADER_SIZE)
            envelope = read(buffer, schema, None, return_record_name=True)
            (name, _), timestamp = envelope["event"], envelope["timestamp"]
            session = sessions.get(key)
            if name == "AllDataReceived":
                if session is None:
                    session = sessions[key] = begin(key, offset)
                session.completed = True
            elif name == "DeviceWokeUp" or session is None or session.completed:
                session = sessions[key] = begin(key, offset)
            session.timestamp = timestamp
            changed[key] = timestamp
            output = session.output
            output.keys.append(session.key)
            output.values.append(envelope_bytes(envelope))
            output.timestamps.append(timestamp)
            offset += 1
            if timestamp > part.stream_time:
                part.stream_time = timestamp
            if part.stream_time >= part.due:
                _purge(part)

    def _begin(self, key: bytes, offset: int) -> Session:
        device = self._device(key)
        made = _session_id(device["id"], offset)
        key_bytes = self._key_bytes({"device": device, "sessionId": made})
        return Session(device, made, key_bytes, self._outputs[partition_for(key_bytes, PARTITIONS)], 0, False)

    def _log_changes(self, part: Part) -> None:
        changelog = part.changelog
        for key, timestamp in part.changed.items():
            session = part.sessions.get(key)
            changelog.keys.append(key)
            changelog.values.append(None if session is None else self._session_bytes(_datum(session)))
            changelog.timestamps.append(timestamp)
        part.changed.clear()

    def _commit(self) -> None:
        for part in self._parts:
            self._log_changes(part)
        positions = {TopicPartition(EVENTS, number): part.position for number, part in enumerate(self._parts)}
        self._log.commit(self._records, positions)
        for columns in self._records.values():
            columns.timestamps.clear()
            columns.keys.clear()
            columns.values.clear()


def _purge(part: Part) -> None:
    """Deletes sessions that are completed or idle."""
    now = part.stream_time
    part.due = now - now % CHECK_MS + CHECK_MS
    for key, session in list(part.sessions.items()):
        if session.completed or now - session.timestamp >= IDLE_MS:
            del part.sessions[key]
            part.changed[key] = now


def _datum(session: Session) -> dict[str, Any]:
    return {
        "device": session.device,
        "sessionId": session.id,
        "timestamp": session.timestamp,
        "completed": session.completed,
    }


def _session_id(device: str, offset: int) -> str:
    number = int.from_bytes(blake2b(f"{SEED}/{device}/{offset}".encode(), digest_size=8).digest())
    signs = []
    for _ in range(8):
        number, sign = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[sign])
    return "".join(signs)


def _encoder(head: bytes, schema: Any) -> Callable[[Any], bytes]:
    write = fastavro.schemaless_writer

    def encode(datum: Any) -> bytes:
        buffer = BytesIO()
        buffer.write(head)
        write(buffer, schema, datum)
        return buffer.getvalue()

    return encode


def _decoder(schema: Any) -> Callable[[bytes], Any]:
    read = fastavro.schemaless_reader

    def decode(data: bytes) -> Any:
        buffer = BytesIO(data)
        buffer.seek(HEADER_SIZE)
        return read(buffer, schema, None)

    return decode
