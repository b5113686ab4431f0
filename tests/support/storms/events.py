"""What happens in a storm, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Each is undone after a while, but for JOIN."""

    KILL = "SIGKILL an instance, start it again"
    PAUSE = "SIGSTOP an instance, SIGCONT"
    STOP = "stop an instance in order, start it again"
    JOIN = "start a new instance"
    BROKER = "kill, stop or halt a broker, bring it back"


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        at: The share of the work after which it happens.
        choice: Whom it hits, of those that can be hit then: a share of their list.
        lasts_s: After how long it is undone.
    """

    at: float
    kind: Kind
    choice: float
    lasts_s: float

    def among(self, candidates: Sequence[str]) -> str:
        """The one that is hit."""
        return candidates[int(self.choice * len(candidates))]


def forecast(seed: int, count: int, pause_s: float) -> list[Event]:
    """Events between 5 % and 95 % of the work. Each kind comes about as often.

    Args:
        pause_s: How long instances are halted.
    """
    rng = random.Random(seed)
    kinds = list(Kind) * (count // len(Kind)) + rng.sample(list(Kind), count % len(Kind))
    rng.shuffle(kinds)
    times = sorted(rng.uniform(0.05, 0.9) for _ in kinds)
    return [
        Event(at, kind, rng.random(), pause_s if kind is Kind.PAUSE else rng.uniform(0.0, pause_s))
        for at, kind in zip(times, kinds, strict=True)
    ]
