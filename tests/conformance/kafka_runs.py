"""Runs recorded cases as applications on brokers, several at once: each has topics, a group and an id of its own."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from case_builder import KEY, VALUE, build_topology, header_list
from confluent_kafka import Consumer, Message, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from kafka_cases import Case, topics_of
from streams_adapter import Json, read, shown

from headrace import App, TopicPartition
from headrace.log.api import NewTopic, TopicConfig
from headrace.log.kafka import KafkaLog
from headrace.topology.physical import SourceNode

_LONGEST_S = 60.0
_PAUSE_S = 0.03  # each look costs brokers and this process more than most steps do
_FOR_EVER = TopicConfig(retention_ms=-1)  # the times of the cases are near 0


class CaseRun:
    """One case on a cluster.

    Args:
        log: For looking and for topics; shared by all.
        producer: Shared by all.
        options: Of the application.
    """

    def __init__(self, case: Case, bootstrap: str, log: KafkaLog, producer: Producer, folder: Path, **options: Any) -> None:
        self.name = "case-" + re.sub(r"[^A-Za-z0-9_-]", "-", case["id"])
        self._prefix = f"{self.name}."
        self._case = case
        self._bootstrap = bootstrap
        self._admin = log.admin()
        self._producer = producer
        self._captured: list[Json] = []
        self._piped = set[tuple[str | None, int | None]]()
        self._topology = build_topology([self._own(op) for op in case["topology"]], self._capture)
        self._app = App(self.name, self._topology, bootstrap=bootstrap, data_dir=folder / self.name, **options)

    def answer(self) -> Json:
        """What came out, as the adapter tells it but without the steps."""
        self._admin.create_topics([NewTopic(self._prefix + topic, 1, _FOR_EVER) for topic in topics_of(self._case)])
        try:
            stores = self._steps()
            return {"status": "ok", "outputs": [*self._captured, *self._outputs()], "stores": stores}
        finally:
            topics = [name for name in self._admin.partition_counts() if name.startswith((self._prefix, f"{self.name}-"))]
            self._admin.delete_topics(topics)

    def _steps(self) -> Json:
        stores: Json = {}
        with self._app as app:
            app.wait_until_running()
            self._inputs = self._inputs_now()
            for step in self._case["steps"]:
                if "pipe" in step:
                    self._pipe(step["pipe"])
                    self._wait(self._is_at_the_end, step)
                    self._wait(lambda: self._is_in_global_stores(step["pipe"]), step)  # noqa: B023 - waits at once
                else:
                    query = step["read_store"]
                    (stores[query["as"]],) = app.store(query["store"]).ask(lambda store: read(store, query))  # noqa: B023
        return stores

    def _pipe(self, record: Json) -> None:
        key, value = record["key"], record["value"]
        self._producer.produce(
            self._prefix + record["topic"],
            None if value is None else VALUE.encode(value),
            None if key is None else KEY.encode(key),
            0,
            timestamp=record["timestamp"],
            headers=[(name, None if text is None else text.encode()) for name, text in record.get("headers") or []],
            on_delivery=lambda _, message: self._piped.add((message.topic(), message.offset())),
        )
        self._producer.flush()

    def _is_at_the_end(self) -> bool:
        """Whether all inputs are consumed, and all that came of it is committed. The positions come first: a commit that
        writes to an internal topic and moves positions cannot come in between unseen."""
        positions = self._admin.positions(self.name)
        ends = self._admin.high_watermarks(self._inputs)
        return all(ends[where] == (positions[where].offset if where in positions else 0) for where in self._inputs)

    def _is_in_global_stores(self, record: Json) -> bool:
        """Whether a record of a global table, which has no position in the group, has arrived."""
        for node in self._topology.global_stores:
            if node.source.topics == (self._prefix + record["topic"],) and record["key"] is not None:
                found = self._app.store(node.store.name).get(record["key"])
                if record["value"] is None:
                    return found is None
                return found is not None and (found.value, found.timestamp) == (record["value"], record["timestamp"])
        return True

    def _wait(self, condition: Callable[[], bool], step: Json) -> None:
        deadline = time.monotonic() + _LONGEST_S
        while not condition():
            time.sleep(_PAUSE_S)
            if self._app.error is not None:
                raise self._app.error
            if time.monotonic() > deadline:
                message = f"not at the end after {_LONGEST_S:g} s: {step}; {self._admin.positions(self.name)}"
                raise TimeoutError(message)

    # ---- names and results ----------------------------------------------------------------------------------------

    def _own(self, op: Json) -> Json:
        """An op with topics of this case's own."""
        own = {part: self._prefix + op[part] for part in ("topic", "prefix") if part in op and op["op"] != "process"}
        if "topics" in op:
            own["topics"] = [self._prefix + topic for topic in op["topics"]]
        if "pattern" in op:
            own["pattern"] = re.escape(self._prefix) + op["pattern"]
        return {**op, **own}

    def _inputs_now(self) -> list[TopicPartition]:
        instance = self._app.instance
        assert instance is not None
        layout = instance.layout
        assert layout is not None
        names = (name for part in self._topology.subtopologies for name in part.nodes)
        sources = (node for node in map(self._topology.nodes.__getitem__, names) if isinstance(node, SourceNode))
        return [TopicPartition(topic, 0) for node in sources for topic in layout.topics_of(node)]

    def _capture(self, topic: str, key: Any, value: Any) -> None:
        self._captured.append(shown(topic, key, value))

    def _outputs(self) -> list[Json]:
        """All records of the topics that the case writes to, of those it was not expected to write to as well."""
        topics = sorted(name for name in self._admin.partition_counts() if name.startswith(self._prefix))
        found = (message for topic in topics for message in everything(self._bootstrap, topic))
        return [self._shown(message) for message in found if (message.topic(), message.offset()) not in self._piped]

    def _shown(self, message: Message) -> Json:
        topic, key, value = str(message.topic()).removeprefix(self._prefix), message.key(), message.value()
        plain = None if key is None else KEY.decode(key), None if value is None else VALUE.decode(value)
        return shown(topic, *plain, timestamp=message.timestamp()[1], headers=header_list(message.headers() or []))


def everything(bootstrap: str, topic: str) -> list[Message]:
    """All committed records of a topic of one partition."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "cases", "enable.partition.eof": True, "enable.auto.commit": False}
    )
    consumer.assign([KafkaPartition(topic, 0, 0)])
    found: list[Message] = []
    while (message := consumer.poll(_LONGEST_S)) is not None and message.error() is None:
        found.append(message)
    consumer.close()
    return found
