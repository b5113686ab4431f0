"""Reading the log of a broker: its end, its growth, and why it failed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

_PAUSE_S = 0.25
_BLOCK = 1 << 16

_ERROR_LINE = re.compile(r"\] (?:ERROR|FATAL) (.*)")
_CAUSE = re.compile(r"(?:Caused by: )?((?:[\w$]+\.)+[\w$]*(?:Exception|Error)\b.*)")


def last_lines(path: Path, count: int, *, since: int = 0) -> list[str]:
    """The last lines of a file, at most `count` of them.

    Args:
        path: The file; a missing one has no lines.
        count: How many lines.
        since: Offset in bytes before which nothing is wanted; ignored if the file is shorter, because it was replaced.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            first = since if since <= end else 0
            block = b""
            while end > first and block.count(b"\n") <= count:
                start = max(first, end - _BLOCK)
                file.seek(start)
                block = file.read(end - start) + block
                end = start
    except FileNotFoundError:
        return []
    return block.decode("utf-8", errors="replace").splitlines()[-count:] if count else []


def follow(path: Path, stop: Event) -> Iterator[str]:
    """What is appended to a file from now on, until `stop` is set; goes on with the new file when it is rolled over."""
    file = path.open(encoding="utf-8", errors="replace")
    try:
        file.seek(0, os.SEEK_END)
        while not stop.is_set():
            if text := file.read():
                yield text
            elif _is_replaced(path, file.fileno()):
                yield file.read()  # what came between the last look and the change
                file.close()
                file = path.open(encoding="utf-8", errors="replace")
            else:
                stop.wait(_PAUSE_S)
    finally:
        file.close()


def reason_of_failure(lines: Sequence[str]) -> str | None:
    """The cause nearest to the root in the last error that these lines tell; None if they tell none."""
    reason = None
    for line in lines:
        error = _ERROR_LINE.search(line)
        if error is not None:
            reason = error[1]
            continue
        cause = _CAUSE.match(line)
        if cause is not None:
            reason = cause[1]
    return reason


def _is_replaced(path: Path, handle: int) -> bool:
    try:
        return path.stat().st_ino != os.fstat(handle).st_ino
    except FileNotFoundError:
        return False
