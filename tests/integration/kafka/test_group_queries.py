"""Queries over the members of a real group: any of them answers for any key, also after one has gone."""

from contextlib import ExitStack
from pathlib import Path

import httpx

from headrace import App, Consumed, Materialized, StreamsBuilder, TopicPartition
from headrace.core.hashing import partition_for
from headrace.log.api import Log, NewTopic, RecordColumns
from support.serving import until

KEYS = [f"k{number}" for number in range(24)]
PARTITIONS = 4


def filled(log: Log) -> None:
    log.admin().create_topics([NewTopic("clicks", PARTITIONS)])
    producer = log.producer()
    for partition in range(PARTITIONS):
        columns = RecordColumns()
        for key in KEYS:
            if partition_for(key.encode(), PARTITIONS) == partition:
                columns.append(key.encode(), b"x", 1_000)
        producer.append("clicks", partition, columns)
    producer.flush()
    producer.close()


def member(bootstrap: str, directory: Path, **options: object) -> App:
    builder = StreamsBuilder()
    builder.stream("clicks", Consumed(key=str, value=str)).group_by_key().count(Materialized("counts"))
    given = {"bootstrap": bootstrap, "data_dir": directory, "serve": "127.0.0.1:0", "commit_interval": "100ms", **options}
    return App("queried", builder.build(), **given)


def active(app: App) -> int:
    instance = app.instance
    states = instance.worker.task_states() if instance is not None and instance.has_worker else ()
    return sum(state.ready for state in states)


def counted(log: Log) -> bool:
    """Whether all clicks are counted, and committed; before that a task that has just begun rightly has nothing for a key."""
    positions = log.admin().positions("queried")
    ends = log.admin().end_offsets([TopicPartition("clicks", partition) for partition in range(PARTITIONS)])
    return all(where in positions and positions[where].offset == end for where, end in ends.items())


def right(app: App, key: str) -> bool:
    """Whether an instance gives the right answer; it may ask to try again, but never give a wrong one."""
    answer = httpx.get(f"{app.url}/stores/counts/get", params={"key": key})
    assert answer.status_code in (200, 503), answer.text
    return answer.status_code == 200 and answer.json()["value"] == 1


def test_any_member_answers_for_any_key_also_when_one_has_gone(kafka: Log, bootstrap: str, tmp_path: Path) -> None:
    filled(kafka)
    with ExitStack() as stack:
        one, two = (stack.enter_context(member(bootstrap, tmp_path / name, standby_replicas=1)) for name in ("one", "two"))
        one.wait_until_running()
        two.wait_until_running()
        until(lambda: (active(one), active(two)) == (2, 2))
        until(lambda: counted(kafka))
        for app in (one, two):
            until(lambda app=app: all(right(app, key) for key in KEYS))
            assert sorted(key for key, _ in app.query("counts", timeout="30s").all()) == sorted(KEYS)
            assert {app.query("counts").get(key).value for key in KEYS} == {1}
        copies = one.query("counts", stale=True)
        until(lambda: [found for key in KEYS if (found := copies.get(key)) is None or copies.lag] == [])
        tasks = httpx.get(f"{one.url}/status").json()["tasks"]
        assert [task["state"] for task in tasks if task["role"] == "standby"] == ["FOLLOWING"] * 2
        two.close()
        until(lambda: active(one) == PARTITIONS)
        assert all(right(one, key) for key in KEYS)
        assert {one.query("counts", timeout="30s").get(key).value for key in KEYS} == {1}
