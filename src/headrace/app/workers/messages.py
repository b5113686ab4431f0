"""What a worker and its parent tell each other. The pipe carries them pickled; both ends are the same program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headrace.core.errors import HeadraceError
from headrace.core.identifiers import TaskId
from headrace.observe.transfer import Growth
from headrace.runtime.directory import Holder
from headrace.runtime.task_states import TaskState

# ---- from the parent --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begin:
    """What a worker is to do.

    Attributes:
        tasks: Its tasks; None where the instances agree on them themselves.
        elsewhere: Tasks of the other workers, whose state is not to be touched.
    """

    tasks: frozenset[TaskId] | None
    elsewhere: frozenset[TaskId] = frozenset()


@dataclass(frozen=True, slots=True)
class Stop:
    """End in order."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop processing for now, or go on."""

    paused: bool


ToWorker = Begin | Stop | Pause

# ---- from a worker ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """The command line has come to `run`."""


@dataclass(frozen=True, slots=True)
class Running:
    """All tasks are restored and processed."""


@dataclass(frozen=True, slots=True)
class AtEnd:
    """All input of this worker's tasks is processed and committed, for the moment."""


@dataclass(frozen=True, slots=True)
class TopicsChanged:
    """Other tasks are needed: the workers have to begin anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a worker does, about once a second.

    Attributes:
        records: Processed since the last report.
        lag: Records still to process.
        growth: Of its metrics since the last report.
        states: Its tasks.
        holders: Who has which task, as far as this worker knows.
    """

    records: int = 0
    lag: int = 0
    state_bytes: int = 0
    growth: Growth = field(default_factory=Growth)
    states: Sequence[TaskState] = ()
    holders: Mapping[TaskId, Sequence[Holder]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """The worker has ended in order."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker has ended by an error.

    Attributes:
        trace: The traceback as text; tracebacks themselves do not travel.
    """

    worker: int
    error: HeadraceError
    trace: str


FromWorker = Hello | Running | AtEnd | TopicsChanged | Report | Ended | Failed
