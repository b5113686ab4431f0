"""Registered key schemas of topics that are joined: compared when an application starts."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headrace import App, Avro, Consumed, InRegistry, Joined, Materialized, Produced, StreamsBuilder, Topology, TopologyError
from headrace.formats.registry import PLAIN, EmbeddedRegistry, Schema
from headrace.log.api import NewTopic
from headrace.log.embedded import open_log


@dataclass(frozen=True)
class Device:
    id: str


JAVA = '{"type":"record","name":"Device","namespace":"com.shop","fields":[{"name":"id","type":"string"}]}'
WITH_DOC = '{"type":"record","name":"Device","doc":"of ours","fields":[{"name":"id","type":"string"}]}'
OURS = Avro(Device).text or ""


def joining(*, rekeyed: bool = False, key: Any = None) -> Topology:
    key = key or Avro(Device)
    builder = StreamsBuilder()
    devices = builder.table("devices", Consumed(key=key, value=str), Materialized(key=key, value=str))
    events = builder.stream("events", Consumed(key=key, value=str))
    if rekeyed:
        events = events.select_key(lambda device, _: device)
    events.join(devices, lambda event, device: event + device, Joined(key=key, left=str)).to(
        "out", Produced(key=key, value=str)
    )
    return builder.build()


def prepared(data: Path, partitions: int = 2, **subjects: list[str]) -> EmbeddedRegistry:
    log = open_log(data / "log")
    log.admin().create_topics([NewTopic("devices", partitions), NewTopic("events", partitions)])
    log.close()
    registry = EmbeddedRegistry(data / "registry")
    for topic, texts in subjects.items():
        for text in texts:
            registry.register(f"{topic}-key", Schema(text))
    return registry


def run(data: Path, topology: Topology) -> None:
    App("app", topology, data_dir=data).run(until_end=True)


def test_topics_without_a_key_schema_in_common_are_refused_with_both_subjects(tmp_path: Path) -> None:
    prepared(tmp_path, devices=[JAVA], events=[OURS])
    with pytest.raises(TopologyError, match="no schema is in both") as refused:
        run(tmp_path, joining())
    assert "'events-key' (id 2)" in refused.value.message
    assert "'devices-key' (id 1)" in refused.value.message
    assert "stream-table join" in refused.value.message


def test_topics_with_the_same_key_schema_are_joined(tmp_path: Path) -> None:
    prepared(tmp_path, devices=[OURS], events=[OURS])
    run(tmp_path, joining())


def test_a_schema_that_only_one_of_them_has_moved_on_to_is_worth_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prepared(tmp_path, devices=[OURS], events=[OURS, WITH_DOC])
    with caplog.at_level(logging.WARNING, "headrace"):
        run(tmp_path, joining())
    assert any(
        "key_schemas_differ" in str(record.message) and "'events-key' (id 1, 2)" in str(record.message)
        for record in caplog.records
    )


def test_what_the_application_would_write_itself_is_compared_too(tmp_path: Path) -> None:
    prepared(tmp_path, devices=[JAVA])
    with pytest.raises(TopologyError, match=r"repartition-key' \(not registered there\)"):
        run(tmp_path, joining(rekeyed=True))


def test_it_goes_by_the_schema_that_is_there_already(tmp_path: Path) -> None:
    prepared(tmp_path, devices=[OURS])
    run(tmp_path, joining(rekeyed=True))


@pytest.mark.parametrize("key", [Avro(Device, PLAIN), Avro(Device, InRegistry("record"))], ids=["plain", "by record"])
def test_topics_whose_keys_have_no_subject_are_not_judged(tmp_path: Path, key: Any) -> None:
    prepared(tmp_path, devices=[JAVA], events=[OURS])
    run(tmp_path, joining(key=key))


def test_one_partition_is_where_all_keys_meet(tmp_path: Path) -> None:
    prepared(tmp_path, partitions=1, devices=[JAVA], events=[OURS])
    run(tmp_path, joining())
