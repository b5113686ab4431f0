"""A sign of life of the processing thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Beat:
    """Beats once in every round of a worker's loop.

    Attributes:
        rounds: How many there were; 0 while stores are made ready.
        thread: The processing thread.
    """

    def __init__(self) -> None:
        self.rounds = 0
        self.thread: int | None = None

    def round(self) -> None:
        """A round begins; called by the processing thread."""
        self.thread = threading.get_ident()
        self.rounds += 1

    def before(self, report: Callable[[], None]) -> Callable[[], None]:
        """A function that beats, then reports."""

        def each_round() -> None:
            self.round()
            report()

        return each_round
