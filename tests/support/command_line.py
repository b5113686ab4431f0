"""The command line in this process, in a folder of its own."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headrace.cli.main import execute


@dataclass(frozen=True)
class Outcome:
    """What one command returned and printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.lines]


class CommandLine:
    """Runs commands in `folder`, the working directory."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capture = capture
        monkeypatch.chdir(folder)
        written = folder.with_name(f"{folder.name}-tracebacks")
        written.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(written))
        for name in ("HEADRACE_DATA_DIR", "HEADRACE_APP_ID", "HEADRACE_CONFIG"):
            monkeypatch.delenv(name, raising=False)

    def __call__(self, *arguments: str | Path, stdin: str | bytes = b"") -> Outcome:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        self._capture.readouterr()
        code = execute([str(argument) for argument in arguments])
        out, err = self._capture.readouterr()
        return Outcome(int(code), out, err)

    def ok(self, *arguments: str | Path, stdin: str | bytes = b"") -> Outcome:
        """A command that has to succeed."""
        outcome = self(*arguments, stdin=stdin)
        assert outcome.code == 0, outcome.err
        return outcome

    def file(self, name: str, text: str) -> Path:
        """Writes a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


@contextmanager
def command_line(folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> Iterator[CommandLine]:
    """A command line whose traces in this process (modules, import path, log handlers) are gone afterwards."""
    modules, path, root = set(sys.modules), list(sys.path), logging.getLogger("headrace")
    handlers, level, propagate = list(root.handlers), root.level, root.propagate
    try:
        yield CommandLine(folder, monkeypatch, capture)
    finally:
        for name in [name for name in sys.modules if name not in modules and not name.startswith("headrace.")]:
            if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
        sys.path[:] = path
        root.handlers[:], root.propagate = handlers, propagate
        root.setLevel(level)
