"""The input of a storm: orders of customers, all of them written before the start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from headrace import TopicPartition
from headrace.core.hashing import partition_for
from headrace.log.api import Log, NewTopic, RecordColumns

PARTITIONS = 6
CUSTOMERS, PRODUCTS = 500, 40
_HOUR_MS = 3_600_000
_AT_ONCE = 100_000

Order = tuple[str, dict[str, Any], int]


class Orders:
    """Orders with ids from 0, two milliseconds apart, out of order by up to two seconds.

    Args:
        now_ms: The present. Orders are some hours older: brokers refuse records of the future, and delete very old ones.
    """

    def __init__(self, log: Log, count: int, now_ms: int) -> None:
        self.count = count
        self._log = log
        self._base = now_ms // _HOUR_MS * _HOUR_MS - 6 * _HOUR_MS

    @property
    def partitions(self) -> list[TopicPartition]:
        return [TopicPartition("orders", number) for number in range(PARTITIONS)]

    def write(self) -> None:
        self._log.admin().create_topics([NewTopic("customers", PARTITIONS), NewTopic("orders", PARTITIONS)])
        before = self._base - _HOUR_MS  # else the first order might come first
        self._append("customers", ((f"c{n}", {"city": f"city-{n % 7}"}, before) for n in range(CUSTOMERS)))
        for first in range(0, self.count, _AT_ONCE):
            ids = range(first, min(first + _AT_ONCE, self.count))
            self._append("orders", (self._order(n, n * 2 + n * 7919 % 2_000) for n in ids))

    def close_windows(self) -> None:
        """Writes an order of each product so late that all windows before it are closed."""
        late = (self._order(10_000_000 + product, 3 * _HOUR_MS, product) for product in range(PRODUCTS))
        self._append("orders", late)

    def _order(self, number: int, after_ms: int, product: int | None = None) -> Order:
        at = self._base + after_ms
        chosen = number * 31 % PRODUCTS if product is None else product
        return f"c{number * 17 % CUSTOMERS}", {"id": number, "product": chosen, "amount": number % 97, "at": at}, at

    def _append(self, topic: str, entries: Iterable[Order]) -> None:
        columns = [RecordColumns() for _ in range(PARTITIONS)]
        for key, value, time in entries:
            columns[partition_for(key.encode(), PARTITIONS)].append(key.encode(), orjson.dumps(value), time)
        producer = self._log.producer()
        for partition, records in enumerate(columns):
            producer.append(topic, partition, records)
        producer.flush()
        producer.close()
