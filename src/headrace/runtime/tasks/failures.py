"""What a task does with a record that cannot be read, processed or written."""

from __future__ import annotations

import traceback
from pathlib import Path

from headrace.core.errors import EncodeError, HeadraceError, ProcessingError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import RecordBatch
from headrace.observe.events import event_logger
from headrace.runtime.policies import Decision, ErrorPolicies, FailedRecord, dead_letter_headers
from headrace.runtime.tasks.batch import DecodedBatch
from headrace.runtime.tasks.node_context import TaskState
from headrace.runtime.tasks.output import OutputBuffer

_PACKAGE = str(Path(__file__).resolve().parents[2])
_log = event_logger("task")


class Failures:
    """Asks the policies, counts, and writes dead letters into the task's output (so they are part of the commit)."""

    def __init__(self, state: TaskState, output: OutputBuffer, policies: ErrorPolicies) -> None:
        self._state = state
        self._output = output
        self._policies = policies

    def undecodable(self, source_policy: str | None, batch: RecordBatch, index: int, error: Exception) -> None:
        """Leaves a record out, or raises."""
        failed = self._raw("decode", batch, index, error)
        self._follow(self._policies.decide_decode(failed, source_policy), failed)

    def unprocessed_raw(self, batch: RecordBatch, index: int, error: Exception) -> None:
        """Leaves out a record that must not be touched again, or raises."""
        failed = self._raw("process", batch, index, error)
        self._follow(self._policies.on_process(failed), failed)

    def _raw(self, phase: str, batch: RecordBatch, index: int, error: Exception) -> FailedRecord:
        return FailedRecord(
            phase=phase,
            task=self._state.task_id,
            topic=batch.topic,
            partition=batch.partition,
            offset=batch.offsets[index],
            node=None,
            key=batch.keys[index],
            value=batch.values[index],
            timestamp=batch.timestamps[index],
            headers=() if batch.headers is None else batch.headers[index],
            error=error,
        )

    def unprocessed(self, partition: TopicPartition, batch: DecodedBatch, index: int, error: Exception) -> None:
        """Leaves a record out after user code failed on it, or raises. Errors of the engine itself are never skipped."""
        failed = FailedRecord(
            phase="process",
            task=self._state.task_id,
            topic=partition.topic,
            partition=partition.partition,
            offset=batch.offsets[index],
            node=None,
            key=batch.raw_keys[index],
            value=batch.raw_values[index],
            timestamp=batch.raw_times[index],
            headers=() if batch.headers is None else batch.headers[index],
            error=error,
        )
        if isinstance(error, HeadraceError) and error.located:
            raise error
        if isinstance(error, HeadraceError) and not isinstance(error, EncodeError):
            raise _placed(failed) from error
        decision = Decision.FAIL if isinstance(error, EncodeError) else self._policies.on_process(failed)
        self._follow(decision, failed)

    def unwritable(self, topic: str, error: EncodeError) -> None:
        """Leaves an output out, or raises."""
        at = self._state.current.metadata()
        failed = FailedRecord(
            phase="produce",
            task=self._state.task_id,
            topic=topic if at is None else at.topic,
            partition=-1 if at is None else at.partition,
            offset=-1 if at is None else at.offset,
            node=None,
            key=None,
            value=self._state.current.raw_value,
            timestamp=max(0, self._state.stream_time),
            headers=(),
            error=error,
        )
        if self._policies.on_produce(failed) in (Decision.FAIL, Decision.RETRY):
            raise error
        self._follow(self._policies.on_produce(failed), failed)

    def _follow(self, decision: Decision, failed: FailedRecord) -> None:
        if decision in (Decision.FAIL, Decision.RETRY):
            raise _placed(failed) from failed.error
        name = "headrace_dead_letter_records_total" if decision is Decision.DLQ else "headrace_skipped_records_total"
        node = failed.node or "unknown"
        self._state.services.metrics.counter(name, task=str(failed.task), node=node, stage=failed.phase).add()
        _log.warning(
            "record_left_out",
            phase=failed.phase,
            decision=decision.value,
            task=str(failed.task),
            topic=failed.topic,
            partition=failed.partition,
            offset=failed.offset,
            error=str(failed.error),
        )
        if decision is Decision.DLQ:
            self._dead_letter(failed)

    def _dead_letter(self, failed: FailedRecord) -> None:
        topic = self._policies.dead_letter_topic
        assert topic is not None
        count = self._state.services.partition_count(topic)
        columns = self._output.partitions(topic, count)[max(0, failed.partition) % count]
        columns.append(failed.key, failed.value, failed.timestamp, dead_letter_headers(failed))


def _placed(failed: FailedRecord) -> HeadraceError:
    """The error with its place: task, topic, partition, offset, and the user's line that raised."""
    error = failed.error
    if isinstance(error, HeadraceError):
        placed = type(error)(f"{error.message} ({failed.where()})", hint=error.hint)
    else:
        line = user_line(error)
        at = f" at {line}" if line else ""
        message = f"{type(error).__name__}{at}: {error} ({failed.where()})"
        hint = 'mend the function, or choose what happens to such records: on_process_error="skip" or "dlq"'
        placed = ProcessingError(message, hint=hint)
    placed.located = True
    return placed


def user_line(error: BaseException) -> str | None:
    """`file:line in function` of the innermost frame outside this package."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(_PACKAGE):
            return f"{frame.filename}:{frame.lineno} in {frame.name}"
    return None
