"""Offsets that are asked for while brokers go and come."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient, ListOffsetsResultInfo

from headrace import TopicPartition
from support.kafka_access import KafkaAccess

OUT = TopicPartition("out", 0)
_NO_ANSWER = -1001


def test_a_partition_whose_leader_is_away_is_asked_about_again(access: KafkaAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    access.create(out=1)
    access.write("out", [("k", n, n + 1) for n in range(3)])
    asked = 0

    def list_offsets(client: AdminClient, partitions: Mapping[KafkaPartition, Any], **settings: Any) -> dict[Any, Future[Any]]:
        """Answers at first as librdkafka does while the leader is away."""
        nonlocal asked
        asked += 1
        if asked > 1:
            return real(client, partitions, **settings)
        futures: dict[KafkaPartition, Future[Any]] = {partition: Future() for partition in partitions}
        for future in futures.values():
            future.set_result(ListOffsetsResultInfo(_NO_ANSWER, -1, -1))
        return futures

    real = AdminClient.list_offsets
    monkeypatch.setattr(AdminClient, "list_offsets", list_offsets)
    assert access.log.admin().end_offsets([OUT]) == {OUT: 3}
    assert asked == 2
