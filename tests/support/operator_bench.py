"""A task without a runtime: one operator at a time over real stores; what it forwards is noted."""

from dataclasses import dataclass, field
from pathlib import Path

from headrace.core.errors import UnknownStoreError
from headrace.core.identifiers import TaskId
from headrace.core.records import RecordMetadata
from headrace.core.time import ManualClock
from headrace.core.windows import Windowed
from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.operators.base import TimeCell
from headrace.processor.stores import public_store
from headrace.state.engines.memory import MemoryEngine
from headrace.state.memory import SharedMemory
from headrace.state.open import open_store
from headrace.state.spec import StoreKind, StoreSpec
from support.change_log import ListLog


@dataclass
class Surroundings:
    """What the operators of one task share, and what its stores ask for. Changelog records are noted per store."""

    directory: Path
    default_engine: object = field(default_factory=MemoryEngine)
    memory: SharedMemory = field(default_factory=lambda: SharedMemory(1 << 30))
    logged: dict = field(default_factory=dict)
    stores: dict = field(default_factory=dict)
    specs: dict = field(default_factory=dict)
    times: dict = field(default_factory=dict)
    shared: dict = field(default_factory=dict)
    options: dict = field(default_factory=lambda: {"emit_interval_ms": 0})
    clock: ManualClock = field(default_factory=ManualClock)
    closers: list = field(default_factory=list)

    def changelog(self, store):
        records = self.logged.setdefault(store, [])
        return ListLog(lambda *record: records.append(record))


class Bench:
    """The context of one operator, which `bind` puts on it. `beside` gives one for another operator of the same task."""

    task_id = TaskId(0, 0)
    application_id = "app"

    def __init__(self, surroundings, node="node"):
        self.surroundings = surroundings
        self.node = node
        self.children = {}
        self.out, self.dropped, self.counted, self.schedules = [], [], [], []
        self.metadata = RecordMetadata("topic", 0, 0)
        self.task_time = -1
        self.commits = 0
        self.caching, self.barriers = True, []
        self.stores, self.clock, self.options = surroundings.stores, surroundings.clock, surroundings.options
        self.closers, self.state_dir = surroundings.closers, surroundings.directory
        self._next = []

    # ---- what tests do --------------------------------------------------------------------------------------------

    def open(self, name, kind=StoreKind.TIMESTAMPED_KEY_VALUE, **settings):
        """Opens a store; text keys and JSON values unless said otherwise."""
        spec = StoreSpec(name=name, kind=kind, **{"key_format": String(), "value_format": Json(), **settings})
        self.surroundings.specs[name] = spec
        self.stores[name] = open_store(spec, self.surroundings)
        return self.stores[name]

    def beside(self, node):
        return Bench(self.surroundings, node)

    def with_children(self, *names):
        self.children = {name: self._noting(name) for name in names}
        return self

    def bind(self, operator):
        self._row = operator.bind(self)
        return self

    def then(self, *benches):
        """What is forwarded also goes into the operators of these."""
        self._next = benches
        return self

    def pipe(self, key, value, timestamp=0, headers=()):
        self._row(key, value, timestamp, headers)
        return self

    def flush(self):
        for store in self.stores.values():
            store.flush()
        return self

    def pass_barriers(self):
        for barrier in self.barriers:
            barrier(wait=True)
        return self

    def take(self):
        """(child or "", key, value, timestamp, headers) of what was forwarded since."""
        taken = list(self.out)
        self.out.clear()
        return taken

    def records(self):
        """(key, value, timestamp) of what was forwarded since."""
        return [(key, value, timestamp) for _, key, value, timestamp, _ in self.take()]

    def updates(self):
        """(key, new value, timestamp) of changes forwarded since; a windowed key as (key, start, end)."""
        return [(_shown(key), change.new, timestamp) for _, key, change, timestamp, _ in self.take()]

    def changes(self):
        """(key, new value, old value) of changes forwarded since; a windowed key as (key, start, end)."""
        return [(_shown(key), change.new, change.old) for _, key, change, *_ in self.take()]

    def logged(self, store):
        """Changelog records of a store: key, value, timestamp, headers."""
        return self.surroundings.logged[store]

    # ---- OperatorContext ------------------------------------------------------------------------------------------

    def _noting(self, child):
        return lambda key, value, timestamp, headers: self.out.append((child, key, value, timestamp, headers))

    def forward(self, key, value, timestamp, headers):
        self.out.append(("", key, value, timestamp, headers))
        for bench in self._next:
            bench.pipe(key, value, timestamp, headers)

    def store(self, name):
        if name not in self.stores:
            message = f"no store {name!r}"
            raise UnknownStoreError(message)
        return self.stores[name]

    def processor_store(self, name):
        return public_store(self.store(name), self.surroundings.specs[name], read_only=False)

    def on_close(self, callback):
        self.closers.append(callback)

    def time_cell(self, name):
        return self.surroundings.times.setdefault(name, TimeCell())

    def shared(self, name, make):
        if name not in self.surroundings.shared:
            self.surroundings.shared[name] = make()
        return self.surroundings.shared[name]

    def drop_counter(self, reason):
        return lambda: self.dropped.append(reason)

    def count(self, metric, amount):
        self.counted.append((metric, amount))

    def now_ms(self):
        return self.clock.now_ms()

    def stream_time(self):
        return self.task_time

    def record_metadata(self):
        return self.metadata

    def option(self, name):
        return self.options[name]

    def request_commit(self):
        self.commits += 1

    def on_barrier(self, barrier):
        self.barriers.append(barrier)

    def schedule(self, interval_ms, kind, callback):
        self.schedules.append((interval_ms, kind, callback))


def _shown(key):
    return (key.key, key.start, key.end) if isinstance(key, Windowed) else key
