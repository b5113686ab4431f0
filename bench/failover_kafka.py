"""How soon another instance goes on when an owner is killed, with and without a warm copy: `python -m bench.failover_kafka`.

One run: an owner counts records of as many keys as wanted, and is killed when a standby has all of it (warm); then the one that
took over is killed, and an instance with an empty folder takes over (cold). Each time runs from the plan that gives the task to
its new owner, as it stands in the control topic, to the first record that is processed there. Before it, the session time-out
passes, which is the same for both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import kafka_broker
from bench.failover_member import APP_ID, CHANGELOG, KEYS, PROBE
from headrace import SystemClock, TopicPartition
from headrace.log.api import NewTopic, RecordColumns
from headrace.log.kafka import KafkaLog
from headrace.runtime.groups.control import MemberRecord, PlanRecord, control_topic, decode

ROOT = Path(__file__).parents[1]
CEILING = 0.2
_CHUNK = 50_000
_LOOK_S = 0.02
_LONGEST_S = 600.0
_INPUT = TopicPartition(KEYS, 0)
_CONTROL = TopicPartition(control_topic(APP_ID).name, 0)


@dataclass(frozen=True, slots=True)
class Failover:
    """One take-over.

    Attributes:
        seconds: From the assignment to the first record.
        restored: Records that were restored for it.
        count: What the new owner counted for the probe key, which gets one record at each take-over.
    """

    seconds: float
    restored: int
    count: int


class Instance:
    """A process of the application with a folder of its own."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        command = [sys.executable, "-m", "bench.failover_member", bootstrap, str(folder)]
        self._told = folder.with_suffix(".out")
        self._problems = folder.with_suffix(".log")
        with self._told.open("wb") as output, self._problems.open("wb") as problems:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=problems)

    def told(self) -> list[dict[str, Any]]:
        """The probes that it has processed. Raises AssertionError if it has ended by itself."""
        assert self._process.poll() is None, f"it has ended:\n{self._problems.read_text()}"
        return [json.loads(line) for line in self._told.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def kill(self) -> None:
        """Without any warning."""
        self._process.kill()
        self._process.wait()


class Plans:
    """What the instances have agreed on, as it stands in their topic."""

    def __init__(self, log: KafkaLog) -> None:
        self._reader = log.reader()
        self._reader.assign({_CONTROL: 0})
        self.held: dict[str, int] = {}
        self.owner = ""
        self.assigned_ms = 0

    def read(self) -> None:
        """Takes in what is new."""
        while batches := [batch for batch in self._reader.poll(1000, 0.01) if batch.offsets]:
            for batch in batches:
                for key, value, at_ms in zip(batch.keys, batch.values, batch.timestamps, strict=True):
                    self._take(None if value is None else decode(key or b"", value), at_ms)

    def close(self) -> None:
        self._reader.close()

    def _take(self, record: MemberRecord | PlanRecord | None, at_ms: int) -> None:
        if isinstance(record, MemberRecord):
            self.held[record.instance] = sum(record.held.values())
        elif record is not None:
            owner = next(iter(record.owners().values()), "")
            if owner != self.owner:
                self.owner, self.assigned_ms = owner, at_ms


class FailoverBench:
    """Two take-overs of one store.

    Args:
        folder: Of the instances.
        keys: How many keys the store has.
    """

    def __init__(self, log: KafkaLog, bootstrap: str, folder: Path, keys: int) -> None:
        self._log = log
        self._bootstrap = bootstrap
        self._folder = folder
        self._keys = keys
        self._instances: list[Instance] = []
        self._plans: Plans | None = None

    def run(self) -> tuple[Failover, Failover]:
        """With a standby, and without. Raises AssertionError if an instance fails, or something does not come about."""
        try:
            return self._run()
        finally:
            for instance in self._instances:
                instance.kill()
            if self._plans is not None:
                self._plans.close()

    def _run(self) -> tuple[Failover, Failover]:
        self._log.admin().create_topics([NewTopic(KEYS, 1)])
        owner = self._started("owner")
        self._wait(lambda: _CONTROL.topic in self._log.admin().partition_counts(), "there is a control topic")
        self._plans = Plans(self._log)
        self._wait(lambda: self._agreed().owner, "the task has an owner")
        copy = self._started("copy")
        fill(self._log, self._keys)
        self._wait(self._is_processed, "all is counted")
        self._wait(self._is_copied, "all is copied")
        warm = self._taken_over(owner, lambda: copy)
        self._wait(self._is_processed, "the first probe is committed")
        return warm, self._taken_over(copy, lambda: self._started("cold"))

    def _taken_over(self, dead: Instance, successor: Callable[[], Instance]) -> Failover:
        before = self._agreed().owner
        dead.kill()
        self._instances.remove(dead)
        write(self._log, [PROBE])
        following = successor()
        self._wait(following.told, "the probe is processed")
        plans = self._agreed()
        assert plans.owner != before, "a dead instance still has the task"
        (probe,) = following.told()
        return Failover((probe["at_ms"] - plans.assigned_ms) / 1000, probe["restored"], probe["count"])

    def _started(self, name: str) -> Instance:
        instance = Instance(self._bootstrap, self._folder / name)
        self._instances.append(instance)
        return instance

    def _agreed(self) -> Plans:
        assert self._plans is not None
        self._plans.read()
        return self._plans

    def _is_processed(self) -> bool:
        position = self._log.admin().positions(APP_ID).get(_INPUT)
        return position is not None and position.offset == self._log.admin().end_offsets([_INPUT])[_INPUT]

    def _is_copied(self) -> bool:
        """Whether two have the whole changelog, but for the marker of the last commit."""
        end = self._log.admin().end_offsets([CHANGELOG])[CHANGELOG]
        return sum(held >= end - 1 for held in self._agreed().held.values()) == 2

    def _wait(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + _LONGEST_S
        while not condition():
            assert time.monotonic() < deadline, f"not so after {_LONGEST_S:g} s: {what}"
            for instance in self._instances:
                instance.told()
            time.sleep(_LOOK_S)


def fill(log: KafkaLog, keys: int) -> None:
    """Writes one record of each key."""
    for first in range(0, keys, _CHUNK):
        write(log, [f"customer-{number}" for number in range(first, min(keys, first + _CHUNK))])


def write(log: KafkaLog, keys: Sequence[str]) -> None:
    """Writes a record of each of these keys."""
    count = len(keys)
    producer = log.producer()
    producer.append(*_INPUT, RecordColumns([SystemClock().now_ms()] * count, [key.encode() for key in keys], [b""] * count))
    producer.flush()
    producer.close()


def main() -> None:
    """Prints a line, and ends with an error if the floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=5_000_000)
    keys = parser.parse_args().keys
    with kafka_broker.broker() as bootstrap, kafka_broker.opened(bootstrap) as log, TemporaryDirectory() as folder:
        warm, cold = FailoverBench(log, bootstrap, Path(folder), keys).run()
    ratio = warm.seconds / cold.seconds
    assert (warm.count, cold.count) == (1, 2), "the state is wrong"
    print(f"from assignment to the first record, {keys:,} keys:")
    for what, of in (("with a standby", warm), ("without", cold)):
        print(f"  {what:<15}{of.seconds:8.3f} s, {of.restored:,} records restored")
    print(f"  ratio          {ratio:8.3f}, at most {CEILING}")
    if ratio > CEILING:
        sys.exit(1)


if __name__ == "__main__":
    main()
