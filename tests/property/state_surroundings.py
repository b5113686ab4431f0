"""Surroundings for the property tests of stores: a changelog that knows what was committed."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from headrace.state.api import RestoreRecord
from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine
from headrace.state.memory import SharedMemory
from headrace.state.open import open_store
from support.change_log import ListLog

IN_MEMORY = MemoryEngine()
ON_DISK = RocksDbEngine()


@dataclass
class Surroundings:
    directory: Path
    default_engine: object
    memory: SharedMemory = field(default_factory=lambda: SharedMemory(1 << 30))
    committed: list[RestoreRecord] = field(default_factory=list)
    pending: list[RestoreRecord] = field(default_factory=list)

    def changelog(self, store):
        return ListLog(lambda *record: self.pending.append(RestoreRecord(*record)))

    def commit(self, store):
        store.flush()
        self.committed += self.pending
        self.pending.clear()
        store.commit(len(self.committed))

    def rollback(self, store):
        self.pending.clear()
        store.rollback()


@contextmanager
def opened(spec, engine):
    """A store, its surroundings, and a function that opens a second, restored one."""
    directory = Path(tempfile.mkdtemp())
    surroundings = Surroundings(directory / "first", engine)
    stores = [open_store(spec, surroundings)]

    def restored(batch=3):
        other = open_store(spec, Surroundings(directory / f"restored-{len(stores)}", engine))
        stores.append(other)
        records = surroundings.committed
        for at in range(0, len(records), batch):
            other.restore(records[at : at + batch], min(at + batch, len(records)))
        return other

    try:
        yield stores[0], surroundings, restored
    finally:
        for store in stores:
            store.close()
        shutil.rmtree(directory)
