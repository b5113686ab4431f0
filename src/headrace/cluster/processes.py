"""Processes that outlive the command that started them, known by a pid that is sure to be theirs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from headrace.core.time import Clock, SystemClock

_PROC = Path("/proc")
_ASK_S = 10.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started.

    Attributes:
        pid: Its process id.
        identity: When it began, in a form of the system's own: another process that got the same pid has another one.
        started_ms: When it began, in ms since the epoch.
    """

    pid: int
    identity: str
    started_ms: int

    def is_alive(self) -> bool:
        """Whether it runs. What has ended but is not collected yet is not alive."""
        self.exit_code()
        return identity_of(self.pid) == self.identity

    def exit_code(self) -> int | None:
        """How it ended, as Popen tells it (negative: the signal); None if it runs, or was not started by this process."""
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return None
        return os.waitstatus_to_exitcode(status) if pid else None

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, if the process is still this one."""
        if identity_of(self.pid) == self.identity:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def spawn(command: Sequence[str], *, output: Path, pid_file: Path, clock: Clock | None = None) -> Process:
    """Starts a process in a session of its own, so that Ctrl-C at a terminal does not reach it.

    Args:
        command: The program with its full path, and its arguments.
        output: File that its output is appended to.
        pid_file: Where the process is noted, so that `load_process` finds it.
        clock: Gives the time of the start.
    """
    started_ms = (clock or SystemClock()).now_ms()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(output), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    # Nothing may come between the start and the note about it, else nobody could stop the process.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        defaults = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE]
        pid = os.posix_spawn(
            command[0], list(command), os.environ, file_actions=actions, setsid=True, setsigmask=[], setsigdef=defaults
        )
        process = Process(pid, identity_of(pid) or "", started_ms)
        _save(process, pid_file)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def load_process(pid_file: Path) -> Process | None:
    """The process that a file notes, None if there is no such file or it is damaged. It may have ended."""
    try:
        return Process(**json.loads(pid_file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def identity_of(pid: int) -> str | None:
    """When the process with this id began, None if there is none that runs."""
    return _identity_in_proc(pid) if _PROC.joinpath("self", "stat").exists() else _identity_by_ps(pid)


def _save(process: Process, pid_file: Path) -> None:
    part = pid_file.with_name(f"{pid_file.name}.part")
    part.write_text(json.dumps(asdict(process)) + "\n", encoding="utf-8")
    part.replace(pid_file)


def _identity_in_proc(pid: int) -> str | None:
    """Field 22 of proc_pid_stat(5). The name in parentheses before it may hold anything.

    A process that is killed shows as a zombie while some of its threads (field 20) still end and hold its ports.
    """
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    has_ended = fields[0] in "ZXx" and int(fields[17]) <= 1
    return None if has_ended else fields[19]


def _identity_by_ps(pid: int) -> str | None:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_ASK_S)
    state, _, began = ran.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else began.strip()
