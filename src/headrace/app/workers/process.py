"""One worker as its parent sees it: a process that is started again when it dies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from headrace.app.workers.link import VARIABLE
from headrace.app.workers.messages import AtEnd, Ended, FromWorker, Hello, Report, Running, ToWorker
from headrace.core.errors import LifecycleError
from headrace.observe.events import event_logger

_STARTED_IN = Path.cwd()
"""Before the program could change it: paths on the command line count from here."""

_FIRST_WAIT_S = 0.2
"""A signal for all processes of a service reaches the parent, too: time to notice it before a worker is started again."""

_LONGEST_WAIT_S = 30.0
_SETTLED_S = 60.0
_log = event_logger("workers")


class WorkerProcess:
    """Starts at once.

    Attributes:
        index: Which worker it is.
        running: All its tasks are restored and processed.
        at_end: All its input was consumed at some moment of this life.
        report: The last one of this life.
    """

    def __init__(self, app_id: str, index: int, count: int) -> None:
        self._app_id = app_id
        self._count = count
        self.index = index
        self._deaths = 0
        self._start_at: float | None = None
        self._start()

    def _start(self) -> None:
        self.running = False
        self.at_end = False
        self.has_greeted = False
        self.report: Report | None = None
        self._has_ended = False
        self._stop_sent = False
        self._began_at = time.monotonic()
        ours, theirs = Pipe()
        with theirs:
            os.set_inheritable(theirs.fileno(), True)
            told = f"{self.index}/{self._count}/{theirs.fileno()}/{self._app_id}"
            # A process group of its own: Ctrl-C at a terminal reaches the parent only, which stops everyone in order.
            self._process = subprocess.Popen(
                [sys.executable, *sys.orig_argv[1:]],
                env={**os.environ, VARIABLE: told},
                cwd=_STARTED_IN,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
        self.connection: Connection = ours

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def tell(self, message: ToWorker) -> None:
        """Sends a message; one that has died is noticed by `alive`."""
        with suppress(OSError):
            self.connection.send(message)

    def messages(self) -> list[FromWorker]:
        """What it has said since the last time. At its death the last of it is still there."""
        found: list[FromWorker] = []
        try:
            while self.connection.poll():
                found.append(self.connection.recv())
        except (EOFError, OSError):
            self.connection.close()
        for message in found:
            match message:
                case Hello():
                    self.has_greeted = True
                case Report():
                    self.report = message
                case Running():
                    self.running = True
                case AtEnd():
                    self.at_end = True
                case Ended():
                    self._has_ended = True
        return found

    def end(self, message: ToWorker) -> None:
        """Has it end: in order, or at once if the program has not come to `run` yet."""
        self._start_at = None
        if not self._stop_sent:
            self._stop_sent = True
            if self.has_greeted:
                self.tell(message)
            elif self.alive:
                self._process.terminate()

    def kill(self) -> None:
        """Ends it at once, and waits for that."""
        if self.alive:
            self._process.kill()
        self._process.wait()
        self.connection.close()

    def died(self) -> None:
        """Its process is gone, and was not to end: it will be started again, later and later if it goes on like this.

        Raises:
            LifecycleError: The program has ended without coming to `run`, so there is no use in it.
        """
        code = self._process.wait()
        self.connection.close()
        if not self.has_greeted and code >= 0:
            message = f"worker {self.index} ended with exit code {code} before it came to run()"
            hint = "each worker runs the same command line again: what stands before run() has to let it get there"
            raise LifecycleError(message, hint=hint)
        lived_s = time.monotonic() - self._began_at
        self._deaths = 1 if lived_s >= _SETTLED_S else self._deaths + 1
        wait_s = _FIRST_WAIT_S if self._deaths == 1 else min(2.0 ** (self._deaths - 2), _LONGEST_WAIT_S)
        self._start_at = time.monotonic() + wait_s
        how = "ended" if self._has_ended else f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        _log.warning("worker_died", worker=self.index, how=how, lived_s=round(lived_s, 1), starts_again_in_s=wait_s)

    @property
    def waits(self) -> bool:
        """Whether it has died, and waits for its next start."""
        return self._start_at is not None

    def start_if_due(self) -> bool:
        """Starts it again if it is time; whether it was."""
        if self._start_at is None or time.monotonic() < self._start_at:
            return False
        self._start_at = None
        self._start()
        return True
