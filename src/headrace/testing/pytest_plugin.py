"""pytest fixtures for programs: installed with the package, nothing to import.

>>> def test_shouts(headrace_driver):  # doctest: +SKIP
...     driver = headrace_driver(build().build())
...     driver.topic("words").pipe("k", "hello")
...     assert driver.topic("loud").read_value() == "HELLO"

A real Kafka is one argument away; it is started once for the session, on free ports, and always stopped:

>>> def test_on_kafka(kafka_cluster):  # doctest: +SKIP
...     App("shouts", build().build(), bootstrap=kafka_cluster.bootstrap).run(until_end=True)

>>> @pytest.mark.parametrize("kafka_cluster", [3], indirect=True)  # doctest: +SKIP
... def test_survives_a_lost_broker(kafka_cluster):
...     kafka_cluster.kill(2)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from headrace.cluster import Cluster, temporary_cluster
from headrace.testing.driver import TestDriver
from headrace.topology.physical import Topology


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the fixtures."""
    group = parser.getgroup("headrace")
    group.addoption("--kafka-brokers", type=int, default=1, metavar="N", help="brokers of the fixture kafka_cluster (1)")


@pytest.fixture
def headrace_driver() -> Iterator[Callable[..., TestDriver]]:
    """Makes test drivers that are closed at the end of the test; takes what `TestDriver` takes."""
    with ExitStack() as stack:

        def make(topology: Topology, **options: Any) -> TestDriver:
            return stack.enter_context(TestDriver(topology, **options))

        yield make


@pytest.fixture(scope="session")
def kafka_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A running Kafka cluster; `kafka_cluster.bootstrap` are its servers.

    It has one broker, or as many as `--kafka-brokers` says, or as an indirect parameter says. Needs Java; the first use on a
    machine fetches Kafka, which `headrace cluster start` does with better messages. Under pytest-xdist each worker would start
    its own, so put such tests into one group: `@pytest.mark.xdist_group("kafka")`, `--dist loadgroup`.
    """
    brokers: int = getattr(request, "param", None) or request.config.getoption("--kafka-brokers")
    with temporary_cluster(brokers=brokers) as cluster:
        yield cluster
