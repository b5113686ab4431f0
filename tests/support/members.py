"""Several instances of an application as processes, and what they have agreed on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from headrace import TopicPartition
from headrace.core.identifiers import TaskId
from headrace.log.api import RecordBatch
from headrace.runtime.groups.control import MemberRecord, PlanRecord, control_topic, decode
from support.kafka_access import KafkaAccess

_LONGEST_S = 90.0


class Members:
    """Starts `program` (called with bootstrap, data directory and `arguments`) as often as wanted; ends all at the end.

    Each instance has a data directory of its own, and is called by the name of that.
    """

    def __init__(self, access: KafkaAccess, program: Path, *arguments: str) -> None:
        self._access = access
        self._program = program
        self._arguments = arguments
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._records: dict[str, MemberRecord] = {}
        self.plans: list[PlanRecord] = []
        self._reader = access.log.reader()
        self._reading = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._reader.close()

    # ---- what is done to them -----------------------------------------------------------------------------------------

    def start(self, *names: str) -> None:
        """Starts instances at the same time."""
        for name in names:
            command = [sys.executable, str(self._program), self._access.bootstrap, str(self._folder(name)), *self._arguments]
            with (self._access.folder / f"{name}.log").open("ab") as output:
                self._processes[name] = subprocess.Popen(command, stdout=output, stderr=output)

    def stop(self, name: str) -> int:
        """Ends an instance in order; its exit code."""
        process = self._processes.pop(name)
        process.terminate()
        return process.wait(_LONGEST_S)

    def stop_all(self) -> list[int]:
        """Ends all in order; their exit codes."""
        return [self.stop(name) for name in list(self._processes)]

    def kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def pause(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGCONT)

    # ---- what is seen of them -----------------------------------------------------------------------------------------

    def output(self, name: str) -> str:
        return (self._access.folder / f"{name}.log").read_text()

    def owners(self) -> dict[TaskId, str]:
        """Who says that it has which task, of those in the present plan."""
        self._read()
        if not self.plans:
            return {}
        names = {self._instance(name): name for name in self._processes}
        found: dict[TaskId, str] = {}
        for instance in self.plans[-1].members:
            record = self._records.get(instance)
            for task in record.owns if record is not None else ():
                assert task not in found, f"{task} has two owners"
                found[task] = names.get(instance, instance)
        return found

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Waits until something is so. An instance that has ended by itself is told with what it wrote."""
        deadline = time.monotonic() + _LONGEST_S
        while not condition():
            self.require_alive()
            if time.monotonic() >= deadline:
                self.fail(f"not so after {_LONGEST_S:g} s: {what}; {self.owners()}")
            time.sleep(0.02)

    def require_alive(self) -> None:
        """Raises AssertionError if an instance has ended by itself, with what it wrote."""
        for name, process in self._processes.items():
            assert process.poll() is None, f"{name} has ended with {process.returncode}:\n{self.output(name)}"

    def fail(self, what: str) -> NoReturn:
        """Raises AssertionError with what all instances wrote."""
        told = "\n".join(f"--- {name}\n{self.output(name)}" for name in self._processes)
        raise AssertionError(f"{what}\n{told}")

    def wait_until_shared(self, tasks: int, *names: str) -> None:
        """Waits until all tasks are owned, and each of these instances, and no other one, owns some."""

        def shared() -> bool:
            owners = self.owners()
            return len(owners) == tasks and set(owners.values()) == set(names)

        self.wait(shared, f"{tasks} tasks owned by {', '.join(names)}")

    def _folder(self, name: str) -> Path:
        return self._access.folder / name

    def _instance(self, name: str) -> str | None:
        found = list(self._folder(name).glob("state/*/instances/*"))
        return found[0].name if found else None

    def _read(self) -> None:
        topic = control_topic("app").name
        if not self._reading:
            if topic not in self._access.log.admin().partition_counts():
                return
            self._reader.assign({TopicPartition(topic, 0): 0})
            self._reading = True
        while batches := [batch for batch in self._reader.poll(1000, 0.01) if batch.offsets]:
            for batch in batches:
                self._take(batch)

    def _take(self, batch: RecordBatch) -> None:
        for key, value in zip(batch.keys, batch.values, strict=True):
            record = decode(key or b"", value) if value is not None else None
            if isinstance(record, MemberRecord):
                self._records[record.instance] = record
            elif record is not None:
                self.plans.append(record)
