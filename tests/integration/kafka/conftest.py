"""A real broker for the tests of this folder. HEADRACE_TEST_KAFKA names one that runs already."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.core.time import ManualClock
from headrace.log.api import Log
from headrace.log.kafka import KafkaLog, open_kafka
from support.kafka_access import KafkaAccess
from support.patient_log import PatientLog
from support.real_registry import real_registry, registry_url

__all__ = ["real_registry", "registry_url"]

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "log"))  # the contract that all logs share

from log_bench import NOW_MS, Bench

HERE = Path(__file__).parent
LONGEST_S = 300
"""Of a test: brokers and instances are processes, and slow to start on a busy machine."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a cluster share a worker; those that start brokers of their own are for another one."""
    for item in items:
        if HERE in item.path.parents and isinstance(item, pytest.Function):
            shared = not {"bootstrap", "kafka_cluster"}.isdisjoint(item.fixturenames)
            item.add_marker(pytest.mark.kafka)
            item.add_marker(pytest.mark.xdist_group("kafka" if shared else "kafka-clusters"))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(LONGEST_S))


@pytest.fixture(scope="session")
def bootstrap(request: pytest.FixtureRequest) -> str:
    running = os.environ.get("HEADRACE_TEST_KAFKA")
    return running or request.getfixturevalue("kafka_cluster").bootstrap


def sweep(log: Log) -> None:
    """Deletes all topics and groups."""
    admin = log.admin()
    admin.delete_topics(list(admin.topics()))
    for group in admin.groups():
        admin.set_positions(group, dict.fromkeys(admin.positions(group)))


@pytest.fixture
def kafka(bootstrap: str) -> Iterator[KafkaLog]:
    """The log of an empty cluster."""
    opened = open_kafka(bootstrap, client_id="tests")
    sweep(opened)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW_MS)


@pytest.fixture
def log(kafka: KafkaLog) -> Log:
    return PatientLog(kafka)


@pytest.fixture
def bench(log: Log) -> Bench:
    return Bench(log)


@pytest.fixture
def access(kafka: KafkaLog, bootstrap: str, tmp_path: Path) -> KafkaAccess:
    return KafkaAccess(bootstrap, kafka, tmp_path)
