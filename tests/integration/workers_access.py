"""Applications with several workers, as processes of a test."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from log_access import create, positions, read, write

PROGRAM = Path(__file__).with_name("workers_program.py")
PARTITIONS = 4
TIMEOUT_S = 180


def fill(data: Path, lines: int) -> Counter[str]:
    """Makes the topics and writes lines; the words in them."""
    create(data, lines=PARTITIONS, counts=PARTITIONS, copies=PARTITIONS, names=1)
    texts = [f"to be w{n % 50} or w{n % 7}" for n in range(lines)]
    for number in range(PARTITIONS):
        part = range(number, lines, PARTITIONS)
        write(data, "lines", [(f"k{n}", texts[n].encode(), n) for n in part], partition=number)
    return Counter(word for text in texts for word in text.split())


def counted(data: Path) -> dict[str, int]:
    """The last count of each word."""
    return {word: count for word, count in read(data, "counts") if word is not None}


def consumed(data: Path) -> int:
    """Lines that are committed."""
    return sum(offset for where, offset in positions(data, "counter").items() if where.startswith("lines-"))


def start(data: Path, workers: int, *how: str) -> subprocess.Popen[str]:
    """The program, as a process."""
    command = [sys.executable, str(PROGRAM), str(data), str(workers), *how]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, cwd=data, **pipes)


def run(data: Path, workers: int, *how: str) -> subprocess.CompletedProcess[str]:
    """The program from start to end."""
    process = start(data, workers, *how)
    out, err = process.communicate(timeout=TIMEOUT_S)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def children(pid: int) -> list[int]:
    """Processes that a process has started and that live."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == pid and state != "Z":
                found.append(int(entry.name))
    return sorted(found)


def eventually(true: Callable[[], bool], what: str, process: subprocess.Popen[str] | None = None) -> None:
    """Waits for something to become true. If it does not, the program that should do it is ended, and what it said is told."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        over = time.monotonic() >= deadline or (process is not None and process.poll() is not None)
        if true():
            return
        if over and process is not None:
            process.kill()
            raise AssertionError("\n".join([what, *process.communicate()]))
        assert not over, what
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def kill(pid: int) -> None:
    """Ends a process without any clean-up."""
    os.kill(pid, signal.SIGKILL)
