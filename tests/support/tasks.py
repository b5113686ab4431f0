"""Real tasks over a log in memory, without a worker around them."""

from pathlib import Path
from typing import Any

from headrace import ManualClock, TaskId, TopicPartition, Topology
from headrace.app.wiring import policies_of, services_of
from headrace.config.resolve import resolve
from headrace.log.api import Log, NewTopic, Position, RecordColumns
from headrace.observe.metrics import Metrics
from headrace.runtime.tasks.services import TaskServices
from headrace.runtime.tasks.task import Task
from headrace.runtime.topics import TopicLayout, ensure_topics


class Bench:
    """Makes tasks of a topology, with state in a directory.

    Attributes:
        log: Its topics must be there; internal ones are made.
    """

    def __init__(self, topology: Topology, log: Log, directory: Path, **options: Any) -> None:
        self.log, self.topology = log, topology
        self.metrics = Metrics()
        given = {"app_id": "app", "data_dir": directory, "max_task_idle_ms": -1, **options}
        config = resolve(given, environment={}, directory=directory)
        existing = {name: topic.partitions for name, topic in log.admin().topics().items()}
        self.layout = TopicLayout(topology, "app", existing)
        ensure_topics(log.admin(), self.layout.internal_topics(0))
        self.services: TaskServices = services_of(
            config, self.layout, ManualClock(), self.metrics, policies_of(config, {}), caching=True, global_stores={}
        )

    def task(self, *, number: int = 0, committed: dict[TopicPartition, Position] | None = None) -> Task:
        """A task of the first sub-topology, restoring."""
        (part, *_) = self.topology.subtopologies
        partitions = [TopicPartition(topic, number) for topic in self.layout.inputs_of(part)]
        task = Task(TaskId(part.id, number), self.topology, (part,), partitions, committed or {}, self.services)
        task.begin_restoring()
        return task


def make_topics(log: Log, **partitions: int) -> None:
    """Makes topics."""
    log.admin().create_topics([NewTopic(name, count) for name, count in partitions.items()])


def write(log: Log, topic: str, *records: tuple[bytes | None, bytes | None, int], partition: int = 0) -> None:
    """Appends records (key, value, timestamp) to a partition."""
    producer = log.producer()
    columns = RecordColumns()
    for record in records:
        columns.append(*record)
    producer.append(topic, partition, columns)
    producer.flush()
    producer.close()


def read(log: Log, topic: str, partition: int = 0) -> list[tuple[bytes | None, bytes | None, int]]:
    """All records (key, value, timestamp) of a partition."""
    where = TopicPartition(topic, partition)
    reader = log.reader()
    reader.assign({where: log.admin().start_offsets([where])[where]})
    found = [
        record for batch in reader.poll(100_000, 0.0) for record in zip(batch.keys, batch.values, batch.timestamps, strict=True)
    ]
    reader.close()
    return found


def poll_into(log: Log, task: Task, position: int = 0) -> None:
    """Hands a task all records of its first input from a position."""
    (where, *_) = task.group.queues
    reader = log.reader()
    reader.assign({where: position})
    for batch in reader.poll(100_000, 0.0):
        task.add(batch)
    reader.close()
