"""From `produce` to the arrival of the output: one record per millisecond through a running application."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import orjson
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as KafkaPartition

from bench.kafka_process import ordered, staying
from bench.kafka_programs import TICKS
from bench.workloads import OUTPUT, PARTITIONS

RATE = 1_000
KEYS = 100
_LATE_S = 30.0

Sent = tuple[bytes, int]
"""Key, and the how manieth record of that key."""


def latencies(
    bootstrap: str, program: str, guarantee: str, *, warm_s: float, seconds: float, commit_interval: str
) -> list[float]:
    """Milliseconds of each record, in order of their size; the first `warm_s` seconds do not count.

    Raises:
        AssertionError: An output is missing, or came twice.
    """
    with ordered(bootstrap, program, guarantee, commit_interval=commit_interval) as order, staying(order):
        arrivals = _Arrivals(bootstrap)
        sent = _produce(bootstrap, round(RATE * (warm_s + seconds)))
        arrivals.wait_for(len(sent))
    assert arrivals.times.keys() == sent.keys(), "outputs are not those that were expected"
    assert arrivals.count == len(sent), "outputs came twice"
    warm = list(sent)[round(RATE * warm_s) :]
    return sorted((arrivals.times[each] - sent[each]) * 1000 for each in warm)


def quantile(sorted_values: list[float], share: float) -> float:
    """The value below which a share lies."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _produce(bootstrap: str, records: int) -> dict[Sent, float]:
    """Sends one record per millisecond, each by itself; when each was handed over."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
    sent: dict[Sent, float] = {}
    began = time.perf_counter()
    for i in range(records):
        due = began + i / RATE
        while (wait := due - time.perf_counter()) > 0:
            time.sleep(wait)
        key, number = f"key-{i % KEYS}".encode(), i // KEYS + 1
        sent[key, number] = time.perf_counter()
        producer.produce(TICKS, orjson.dumps({"n": number}), key)
        producer.poll(0)
    producer.flush()
    return sent


class _Arrivals:
    """Notes from a thread of its own when each output can be read by others."""

    def __init__(self, bootstrap: str) -> None:
        self.times: dict[Sent, float] = {}
        self.count = 0
        self._expected = -1
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench-latency",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
            }
        )
        self._consumer.assign([KafkaPartition(OUTPUT, partition, 0) for partition in range(PARTITIONS)])
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait_for(self, expected: int) -> None:
        """Until so many have come."""
        self._expected = expected
        self._thread.join(_LATE_S)
        assert not self._thread.is_alive(), f"{self.count} of {expected} outputs within {_LATE_S:g} s"

    def _read(self) -> None:
        poll: Callable[[float], object] = self._consumer.poll
        while self.count != self._expected:
            message = poll(0.1)
            if message is not None:
                self.times[message.key(), orjson.loads(message.value())] = time.perf_counter()  # type: ignore[attr-defined]
                self.count += 1
        self._consumer.close()
