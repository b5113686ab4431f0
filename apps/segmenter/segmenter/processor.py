"""The segmenter: gives each event the key of its session."""

from __future__ import annotations

from headrace import MemoryEngine, Processor, ProcessorContext, Record, StoreKind, StoreSpec
from headrace.state.api import KeyValueStore
from segmenter.model import DEVICE_FORMAT, SESSION_FORMAT, Device, Envelope, Session, SessionKey
from segmenter.purger import Purger
from segmenter.sessions import session_after, session_id

SESSIONS = StoreSpec(
    name="sessions",
    kind=StoreKind.KEY_VALUE,
    key_format=DEVICE_FORMAT,
    value_format=SESSION_FORMAT,
    engine=MemoryEngine(),
    caching=True,  # the changelog gets each device once per commit, not each event
)


class Segmenter(Processor[Device, Envelope, SessionKey, Envelope]):
    """Keeps the current session of each device, and forwards events under its key.

    Records without device or event are counted (`segmenter_empty_records`) and left out.

    Args:
        seed: Of the sessions' ids.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def init(self, context: ProcessorContext[SessionKey, Envelope]) -> None:
        """Called once per task."""
        super().init(context)
        self._sessions: KeyValueStore[Device, Session] = context.store(SESSIONS.name)
        self._device: Device
        Purger(self._sessions).start(context)

    def process(self, record: Record[Device, Envelope]) -> None:
        """Called for every event."""
        device, envelope, timestamp = record.key, record.value, record.timestamp
        if not (device and envelope):  # None, as in a tombstone
            self.context.count("segmenter_empty_records")
            return
        self._device = device
        session = session_after(envelope.event, device, timestamp, self._sessions.get(device), self._new_id)
        self._sessions.put(device, session)
        key = SessionKey(device, session.session_id)
        self.context.forward(Record(key, envelope, timestamp, record.headers))

    def _new_id(self) -> str:
        origin = self.context.record_metadata()
        assert origin is not None  # there is a record in hand
        return session_id(self._seed, self._device, origin.offset)
