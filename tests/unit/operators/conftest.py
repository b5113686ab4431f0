"""One task without a runtime: operators are bound one by one over real stores, and what they forward is noted."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from headrace.core.errors import UnknownStoreError
from headrace.core.identifiers import TaskId
from headrace.core.records import RecordMetadata
from headrace.core.time import ManualClock
from headrace.formats.json import JsonFormat
from headrace.formats.primitive import StringFormat
from headrace.operators.base import TimeCell
from headrace.processor.stores import public_store
from headrace.state.engines.memory import MemoryEngine
from headrace.state.memory import SharedMemory
from headrace.state.open import open_store
from headrace.state.spec import StoreKind, StoreSpec


@dataclass
class Surroundings:
    """What a store asks of its task; changelog records are noted per store."""

    directory: Path
    default_engine: object = field(default_factory=MemoryEngine)
    memory: SharedMemory = field(default_factory=lambda: SharedMemory(1 << 30))
    logged: dict = field(default_factory=dict)

    def changelog(self, store):
        records = self.logged.setdefault(store, [])
        return lambda key, value, timestamp, headers: records.append((key, value, timestamp, headers))


class Step:
    """A bound operator: `send` rows in, `take` the rows it has forwarded since."""

    def __init__(self, task, name, then):
        self._task, self._then = task, then
        self.node, self.children = name, {}
        self.dropped = Counter()
        self.counted = Counter()
        self.sent = []

    def send(self, key, value, timestamp=0, headers=()):
        self._row(key, value, timestamp, headers)

    def take(self):
        """(key, value, timestamp) of each row."""
        return [row[:3] for row in self.take_with_headers()]

    def take_with_headers(self):
        taken = list(self.sent)
        self.sent.clear()
        return taken

    def bind(self, operator):
        self._row = operator.bind(self)
        return self

    # ---- OperatorContext ------------------------------------------------------------------------------------------

    task_id = property(lambda self: self._task.id)
    application_id = property(lambda _: "app")
    state_dir = property(lambda self: self._task.surroundings.directory)

    def forward(self, key, value, timestamp, headers):
        self.sent.append((key, value, timestamp, headers))
        for step in self._then:
            step.send(key, value, timestamp, headers)

    def store(self, name):
        if name not in self._task.stores:
            message = f"no store {name!r}"
            raise UnknownStoreError(message)
        return self._task.stores[name]

    def processor_store(self, name):
        return public_store(self.store(name), self._task.specs[name], read_only=False)

    def on_close(self, callback):
        self._task.closers.append(callback)

    def time_cell(self, name):
        return self._task.times.setdefault(name, TimeCell())

    def shared(self, name, make):
        if name not in self._task.shared:
            self._task.shared[name] = make()
        return self._task.shared[name]

    def drop_counter(self, reason):
        def drop():
            self.dropped[reason] += 1

        return drop

    def count(self, metric, amount):
        self.counted[metric] += amount

    def now_ms(self):
        return self._task.clock.now_ms()

    def stream_time(self):
        return self._task.stream_time

    def record_metadata(self):
        return self._task.metadata

    def option(self, name):
        return self._task.options[name]

    def request_commit(self):
        self._task.commit_requested = True

    def schedule(self, interval_ms, kind, callback):
        self._task.schedules.append((interval_ms, kind, callback))
        return Cancelled()


class Cancelled:
    def __init__(self):
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


class OneTask:
    """Stores, times and clock that the steps of a test share."""

    def __init__(self, directory):
        self.id = TaskId(0, 0)
        self.surroundings = Surroundings(directory)
        self.stores, self.specs, self.times, self.shared = {}, {}, {}, {}
        self.options = {"emit_interval_ms": 0}
        self.clock = ManualClock()
        self.stream_time = -1
        self.metadata = RecordMetadata("topic", 0, 0)
        self.commit_requested = False
        self.schedules, self.closers = [], []

    def open(self, name="store", kind=StoreKind.TIMESTAMPED_KEY_VALUE, **settings):
        """Opens a store; text keys and JSON values unless said otherwise."""
        formats = {"key_format": StringFormat(), "value_format": JsonFormat()}
        spec = StoreSpec(name=name, kind=kind, **{**formats, **settings})
        self.specs[name] = spec
        self.stores[name] = open_store(spec, self.surroundings)
        return self.stores[name]

    def step(self, operator, name="step", then=()):
        """Binds an operator; what it forwards also goes to the steps in `then`."""
        return Step(self, name, then).bind(operator)

    def logged(self, store="store"):
        """Changelog records of a store: key, value, timestamp, headers."""
        return self.surroundings.logged[store]

    def close(self):
        for callback in self.closers:
            callback()
        for store in self.stores.values():
            store.close()


@pytest.fixture
def task(tmp_path):
    made = OneTask(tmp_path / "task")
    yield made
    made.close()
