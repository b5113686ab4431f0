"""A broker that goes away and comes back under a running application."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from headrace import AppState, Grouped, Json, Materialized, Produced, StreamsBuilder
from headrace.cluster import temporary_cluster
from headrace.log.kafka import calls, open_kafka
from support.kafka_access import KafkaAccess


@pytest.mark.timeout(300)
def test_an_application_survives_the_restart_of_its_broker(tmp_path: Path) -> None:
    builder = StreamsBuilder()
    by_value = builder.stream("in").group_by(lambda _, value: value, Grouped(name="g"))
    by_value.count(Materialized("c")).to_stream().to("out", Produced(value=Json(int)))
    with temporary_cluster() as cluster:
        log = open_kafka(cluster.bootstrap, patience_s=120)
        access = KafkaAccess(cluster.bootstrap, log, tmp_path)
        access.create(**{"in": 2, "out": 1})
        access.write("in", [(f"k{n}", "x", n + 1) for n in range(100)])
        app = access.app(builder.build(), commit_interval="100ms")
        with app:
            app.wait_until_running()
            calls.until(lambda: dict(access.read("out")) == {"x": 100}, "see the first results")
            cluster.kill(1)
            cluster.start()
            assert access.positions()  # asked for while their coordinator is not ready yet
            access.write("in", [(f"k{n}", "x", n + 200) for n in range(50)])
            calls.until(lambda: dict(access.read("out")) == {"x": 150}, "see the results after the restart", 120)
            assert app.state is AppState.RUNNING
        log.close()


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("asked", "replicas"), [({}, 3), ({"replication_factor": 2}, 2)])
def test_internal_topics_have_as_many_replicas_as_the_brokers_give_or_as_are_asked_for(
    tmp_path: Path, asked: dict[str, int], replicas: int
) -> None:
    builder = StreamsBuilder()
    builder.stream("in").group_by(lambda _, value: value, Grouped(name="g")).count(Materialized("c"))
    with temporary_cluster(brokers=3) as cluster:
        access = KafkaAccess(cluster.bootstrap, open_kafka(cluster.bootstrap), tmp_path)
        access.create(**{"in": 2})
        access.run(builder.build(), **asked)
        topics = AdminClient({"bootstrap.servers": cluster.bootstrap}).list_topics(timeout=10).topics
        made = {
            name: {len(of.replicas) for of in topics[name].partitions.values()} for name in topics if name.startswith("app-")
        }
        assert made == {name: {replicas} for name in ("app-g-repartition", "app-c-changelog", "app-headrace-control")}
