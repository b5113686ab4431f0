"""A membership on a log with groups: a thread that reads and writes for an `Agreement`, whatever the worker is doing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from headrace.core.errors import FencedError, HeadraceError, LogBusyError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.core.time import Clock
from headrace.log.api import GroupLog, GroupMember, Producer, Reader, RecordColumns
from headrace.observe.events import event_logger
from headrace.runtime.directory import Holder
from headrace.runtime.groups.agreement import Agreement
from headrace.runtime.groups.control import MemberRecord, PlanRecord, encode, member_key
from headrace.runtime.membership import Assignment

_ROUND_S = 0.05
_PATIENCE_S = 3.0
"""How long a leader waits for the records of members that have joined, before it plans without them."""

_HELD_S = 5.0
"""How often what is held is told when nothing else is to be told."""

_LOOK_S = 0.5
_CLOSE_S = 15.0
_WARN_S = 10.0
_TELL_S = 3.0
"""How long joining may take before it is told what it waits for."""

_WAITS_HINT = "if a member has crashed, the group waits until its session time-out is over"
_log = event_logger("group")


class GroupMembership:
    """A `Membership` and a `Directory`: joins in a thread of its own, so that slow user code never costs the membership.

    Args:
        log: Where the group is.
        group: Its name: the application id.
        topic: The control topic, which exists.
        agreement: This member's view.
        clock: For the timestamps of records.
        fence: Ends the transactions of an instance, by its name, that has vanished: readers and those who take its tasks over
            would wait for the open one until the broker gives it up, ten seconds or more after the session.
    """

    def __init__(
        self,
        log: GroupLog,
        group: str,
        topic: str,
        agreement: Agreement,
        clock: Clock,
        fence: Callable[[str], None] | None = None,
    ) -> None:
        self._log = log
        self._group = group
        self._where = TopicPartition(topic, 0)
        self._agreement = agreement
        self._clock = clock
        self._fence = fence
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._failure: Exception | None = None
        self._member: GroupMember | None = None
        self._generation = -1
        self._changed_at = self._looked_at = self._held_at = self._warned_at = -_CLOSE_S
        self._tell_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"headrace-group-{group}", daemon=True)
        self._thread.start()

    # ---- the worker's side --------------------------------------------------------------------------------------------

    def poll(self) -> Assignment | None:
        """A new assignment. Raises what has ended the membership."""
        if self._failure is not None:
            raise self._failure
        with self._lock:
            found = self._agreement.next_assignment()
            if found is not None and self._member is not None:
                self._member.commit_as(self._agreement.member)
        return found

    def released(self, tasks: Collection[TaskId]) -> None:
        """Others may start these tasks."""
        with self._lock:
            self._agreement.released(tasks)

    def holds(self, state: Mapping[TaskId, int]) -> None:
        """What state is here."""
        with self._lock:
            self._agreement.holds(state)

    def lost(self, error: FencedError) -> None:
        """The tasks are somebody else's; what comes next is told by `poll`. Raises the error if the membership has ended."""
        if self._failure is not None:
            raise error
        _log.warning("expelled", group=self._group, problem=error.message)
        with self._lock:
            self._agreement.dropped()

    def holders(self, task: TaskId) -> Sequence[Holder]:
        """Who has a task."""
        with self._lock:
            return self._agreement.holders(task)

    def close(self, *, leave: bool) -> None:
        """Says good-bye, so that others take over at once, and leaves the group."""
        if leave:
            with self._lock:
                self._agreement.leave()
        self._closing.set()
        self._thread.join(_CLOSE_S)

    # ---- the thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        reader, producer = self._log.reader(), self._log.producer()
        try:
            self._catch_up(reader)
            self._member = self._log.join(self._group, self._where.topic)
            self._tell_at = time.monotonic() + _TELL_S
            while not self._closing.is_set():
                self._patiently(reader, producer)
            self._say_good_bye(reader, producer)
        except Exception as error:  # it ends the worker, which polls
            self._failure = error
        finally:
            reader.close()
            producer.close()
            if self._member is not None:
                self._member.close()

    def _catch_up(self, reader: Reader) -> None:
        admin = self._log.admin()
        end = admin.end_offsets([self._where])[self._where]
        reader.assign(admin.start_offsets([self._where]))
        while reader.position(self._where) < end and not self._closing.is_set():
            self._read(reader, _ROUND_S)

    def _patiently(self, reader: Reader, producer: Producer) -> None:
        try:
            self._round(reader, producer)
        except LogBusyError as error:
            if time.monotonic() - self._warned_at >= _WARN_S:
                self._warned_at = time.monotonic()
                _log.warning("group_repeated", group=self._group, problem=error.message, hint=error.hint or "")
            self._closing.wait(_ROUND_S)

    def _round(self, reader: Reader, producer: Producer) -> None:
        self._look_around()
        self._read(reader, 0.0)
        self._write(producer)
        self._read(reader, _ROUND_S)

    def _look_around(self) -> None:
        assert self._member is not None
        place, now = self._member.place(), time.monotonic()
        with self._lock:
            self._agreement.placed(place)
            wants = self._agreement.wants_to_see
        if place.generation != self._generation:
            self._generation, self._changed_at, self._looked_at = place.generation, now, now - _LOOK_S
            self._tell_at = None
            _log.info("placed", group=self._group, member=place.member, generation=place.generation, leads=place.leads)
        if self._tell_at is not None and now >= self._tell_at:
            self._tell_at = None
            _log.info("waits_for_group", group=self._group, hint=_WAITS_HINT)
        if wants and now - self._looked_at >= _LOOK_S:
            members = self._member.members()
            if members is not None:
                self._looked_at = now
                with self._lock:
                    self._agreement.seen_alive(members)

    def _read(self, reader: Reader, timeout_s: float) -> None:
        batches = reader.poll(1000, timeout_s)
        with self._lock:
            for batch in batches:
                for offset, key, value in zip(batch.offsets, batch.keys, batch.values, strict=True):
                    if key is not None:
                        self._agreement.read(offset, key, value)

    def _write(self, producer: Producer) -> None:
        now = time.monotonic()
        with self._lock:
            news = self._agreement.news(held_too=now - self._held_at >= _HELD_S)
            plan = self._agreement.next_plan(patient=now - self._changed_at < _PATIENCE_S)
            ended = self._agreement.ended(plan) if plan is not None else []
            gone = self._agreement.burials()
        for instance in ended:
            self._end_transactions(instance)
        if news is not None:
            self._held_at = now
        columns = RecordColumns()
        for record in (news, plan):
            if record is not None:
                self._add(columns, record.key, record)
        for instance in gone:
            self._add(columns, member_key(instance), None)
        producer.append(*self._where, columns)
        producer.flush()  # also what an earlier round could not write

    def _end_transactions(self, instance: str) -> None:
        """In a thread of its own: a coordinator that is slow to answer must not hold up the plan."""
        if self._fence is not None:
            threading.Thread(target=self._fence, args=(instance,), name=f"headrace-fence-{instance}", daemon=True).start()

    def _add(self, columns: RecordColumns, key: bytes, record: MemberRecord | PlanRecord | None) -> None:
        columns.append(key, None if record is None else encode(record), self._clock.now_ms())

    def _say_good_bye(self, reader: Reader, producer: Producer) -> None:
        """The last words: owns nothing any more; and the plan for the others, because nobody leads until they have noticed."""
        try:
            self._read(reader, 0.0)
            self._write(producer)
        except HeadraceError as error:  # they notice by the session time-out
            _log.warning("left_in_silence", group=self._group, problem=error.message)
