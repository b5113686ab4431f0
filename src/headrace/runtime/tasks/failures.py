"""What a task does with a record that cannot be read, processed or written."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sysconfig
import traceback
from pathlib import Path

from headrace.core.errors import EncodeError, HeadraceError, ProcessingError, StoreCorruptError
from headrace.core.identifiers import TopicPartition
from headrace.core.records import NO_HEADERS
from headrace.log.api import RecordBatch
from headrace.observe.events import event_logger
from headrace.operators.base import RowFn
from headrace.runtime.policies import Decision, ErrorPolicies, FailedRecord, dead_letter_headers
from headrace.runtime.tasks.batch import DecodedBatch
from headrace.runtime.tasks.node_context import TaskState
from headrace.runtime.tasks.output import OutputBuffer

_PACKAGE = str(Path(__file__).resolve().parents[2])
_WAITING = (str(Path(asyncio.__file__).parent), str(Path(concurrent.futures.__file__).parent))
_LIBRARIES = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), "<frozen ")
_LONGEST_CHAIN = 10
"""Errors may be each other's causes in a circle."""
_MENDS = {
    "decode": 'fix the timestamp extractor, or choose what happens to such records: on_decode_error="skip" or "dlq"',
    "process": 'fix the function, or choose what happens to such records: on_process_error="skip" or "dlq"',
}
_log = event_logger("task")


class Failures:
    """Asks the policies, counts, and writes dead letters into the task's output (so they are part of the commit)."""

    def __init__(self, state: TaskState, output: OutputBuffer, policies: ErrorPolicies) -> None:
        self._state = state
        self._output = output
        self._policies = policies

    def undecodable(self, source: str, source_policy: str | None, batch: RecordBatch, index: int, error: Exception) -> None:
        """Leaves out a record that cannot be read or has no usable time, or raises. Async calls of earlier ones come first."""
        self._state.pass_barriers(wait=True)
        failed = self._raw("decode", source, batch, index, error)
        self._follow(self._policies.decide(failed, source_policy), failed)

    def untouchable(self, batch: RecordBatch, index: int, error: Exception) -> None:
        """Leaves out a record that must not be touched again, or raises."""
        failed = self._raw("process", None, batch, index, error)
        self._follow(self._policies.decide(failed), failed)

    def unprocessed(self, partition: TopicPartition, batch: DecodedBatch, index: int, error: Exception) -> None:
        """Leaves a record out after user code failed on it, or raises. Errors of the engine itself are never skipped."""
        if isinstance(error, HeadraceError) and error.located:
            raise error
        failed = self._decoded("process", None, partition, batch, index, error)
        own = isinstance(error, HeadraceError)
        self._follow(Decision.FAIL if own else self._policies.decide(failed), failed)

    def unpunctuated(self, node: str, kind: str, now_ms: int, error: Exception) -> None:
        """Goes on after a punctuation that failed, or raises."""
        self._without_record("punctuate", node, error, f"in a {kind} punctuation at {now_ms}")

    def unflushed(self, node: str, error: Exception, *, leave_out: bool = True) -> None:
        """Goes on after an update that failed below the cache of a node (or store) while it was flushed, or raises."""
        self._without_record("flush", node, error, "below a cache while it was flushed", leave_out=leave_out)

    def unwritable(self, sink: str, error: EncodeError) -> None:
        """Leaves a result out, or raises. The record that it comes from is known if the policy may leave it out."""
        current = self._state.current
        if current.partition is None or current.batch is None:
            failed = self._nowhere("produce", sink, error)
        else:
            failed = self._decoded("produce", sink, current.partition, current.batch, current.index, error)
        decision = self._policies.decide(failed)
        if decision in (Decision.FAIL, Decision.RETRY):
            raise error  # whoever ran the row knows its record, and says where
        self._follow(decision, failed)

    def guarded(self, node: str, forward: RowFn) -> RowFn:
        """`forward` for a node with a cache: one update that fails below it need not stop the flush of the others."""
        state = self._state

        def row(key: object, value: object, timestamp: int, headers: tuple[tuple[str, bytes | None], ...]) -> None:
            try:
                forward(key, value, timestamp, headers)
            except Exception as error:
                if not state.flushing:
                    raise
                self.unflushed(node, error)

        return row

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _without_record(self, phase: str, node: str, error: Exception, doing: str, *, leave_out: bool = True) -> None:
        if isinstance(error, HeadraceError) and error.located:
            raise error
        failed = self._nowhere(phase, node, error)
        own = isinstance(error, HeadraceError) or not leave_out
        self._follow(Decision.FAIL if own else self._policies.decide(failed), failed, doing)

    def _raw(self, phase: str, node: str | None, batch: RecordBatch, index: int, error: Exception) -> FailedRecord:
        return FailedRecord(
            phase=phase,
            task=self._state.task_id,
            topic=batch.topic,
            partition=batch.partition,
            offset=batch.offsets[index],
            node=node,
            key=batch.keys[index],
            value=batch.values[index],
            timestamp=batch.timestamps[index],
            headers=NO_HEADERS if batch.headers is None else batch.headers[index],
            error=error,
        )

    def _decoded(
        self, phase: str, node: str | None, partition: TopicPartition, batch: DecodedBatch, index: int, error: Exception
    ) -> FailedRecord:
        return FailedRecord(
            phase=phase,
            task=self._state.task_id,
            topic=partition.topic,
            partition=partition.partition,
            offset=batch.offsets[index],
            node=node,
            key=batch.raw_keys[index],
            value=batch.raw_values[index],
            timestamp=batch.raw_times[index],
            headers=NO_HEADERS if batch.headers is None else batch.headers[index],
            error=error,
        )

    def _nowhere(self, phase: str, node: str, error: Exception) -> FailedRecord:
        return FailedRecord(
            phase=phase,
            task=self._state.task_id,
            topic=None,
            partition=None,
            offset=None,
            node=node,
            key=None,
            value=None,
            timestamp=max(0, self._state.stream_time),
            headers=NO_HEADERS,
            error=error,
        )

    def _follow(self, decision: Decision, failed: FailedRecord, doing: str = "") -> None:
        if decision in (Decision.FAIL, Decision.RETRY):
            raise placed(failed, doing) from failed.error
        if decision is Decision.DLQ and self._state.fills_global_store:
            decision = Decision.SKIP  # every instance reads the whole topic at each start: letters would come again and again
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
            error=failed.error.message if isinstance(failed.error, HeadraceError) else described(failed.error),
        )
        if decision is Decision.DLQ:
            self._dead_letter(failed)

    def _dead_letter(self, failed: FailedRecord) -> None:
        topic = self._policies.dead_letter_topic
        assert topic is not None
        count = self._state.services.partition_count(topic)
        columns = self._output.partitions(topic, count)[(failed.partition or 0) % count]
        columns.append(failed.key, failed.value, max(0, failed.timestamp), dead_letter_headers(failed))


def placed(failed: FailedRecord, doing: str = "") -> HeadraceError:
    """The error with its place: task, topic, partition, offset, and the user's line that raised."""
    error = failed.error
    at = f"{doing}, {failed.where()}" if doing else failed.where()
    if isinstance(error, HeadraceError):
        found: HeadraceError = type(error)(f"{error.message} ({at})", hint=error.hint)
        if isinstance(error, StoreCorruptError) and isinstance(found, StoreCorruptError):
            found.directory = error.directory
    else:
        found = ProcessingError(f"{described(error)} ({at})", hint=_MENDS.get(failed.phase, _MENDS["process"]))
    found.located = True
    return found


def described(error: Exception) -> str:
    """An exception of user code in words: its type, the user's line, its text."""
    line = user_line(error)
    at = f" at {line}" if line else ""
    return f"{type(error).__name__}{at}: {error}"


def user_line(error: BaseException) -> str | None:
    """`file:line in function` of the innermost frame of the user's: outside this package and, if there is one, of libraries.

    An error that was raised because of another one (a call that was cancelled after its time-out) has the place of that one.
    """
    last_outside: traceback.FrameSummary | None = None
    cause: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if cause is None:
            break
        frames = traceback.extract_tb(cause.__traceback__)
        outside = [frame for frame in frames if not frame.filename.startswith((_PACKAGE, *_WAITING))]
        own = [frame for frame in outside if not frame.filename.startswith(_LIBRARIES)]
        if own:
            return _place(own[-1])
        last_outside = last_outside or (outside[-1] if outside else None)
        cause = cause.__cause__
    return None if last_outside is None else _place(last_outside)


def _place(frame: traceback.FrameSummary) -> str:
    return f"{frame.filename}:{frame.lineno} in {frame.name}"
