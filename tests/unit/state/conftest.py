"""Surroundings for stores: a directory, an engine, a memory limit, and a changelog that is a list."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from headrace.state.api import RestoreRecord
from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine
from headrace.state.memory import SharedMemory
from headrace.state.open import open_store
from support.change_log import ListLog


@dataclass
class Surroundings:
    directory: Path
    default_engine: object = field(default_factory=MemoryEngine)
    memory: SharedMemory = field(default_factory=lambda: SharedMemory(1 << 30))
    logged: list[RestoreRecord] = field(default_factory=list)
    opened: list = field(default_factory=list)

    def changelog(self, store):
        return ListLog(lambda *record: self.logged.append(RestoreRecord(*record)))

    def open(self, spec):
        store = open_store(spec, self)
        self.opened.append(store)
        return store

    def commit(self, store):
        store.flush()
        store.commit(len(self.logged))

    def reopened(self, store, spec):
        store.close()
        return self.open(spec)

    def take_logged(self):
        taken = list(self.logged)
        self.logged.clear()
        return taken


@pytest.fixture(params=[MemoryEngine(), RocksDbEngine()], ids=lambda supplier: supplier.name)
def surroundings(request, tmp_path):
    made = Surroundings(tmp_path / "task", request.param)
    yield made
    for store in made.opened:
        store.close()


@pytest.fixture
def in_memory(tmp_path):
    made = Surroundings(tmp_path / "task")
    yield made
    for store in made.opened:
        store.close()


@pytest.fixture
def on_disk(tmp_path):
    made = Surroundings(tmp_path / "task", RocksDbEngine())
    yield made
    for store in made.opened:
        store.close()
