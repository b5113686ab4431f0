"""Quix Streams, in a virtual environment of its own: it pins other versions of Kafka's client."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

_VERSION = "3.28.1"
_SOURCE = Path(__file__).parent / "peers" / "quix_w1.py"
_LONGEST_S = 900.0


class QuixStreams:
    """Quix Streams, ready to run W1.

    Args:
        folder: For the environment, which is kept, and state.

    Raises:
        RuntimeError: It cannot be installed.
    """

    def __init__(self, folder: Path) -> None:
        environment = folder / f"quixstreams-{_VERSION}"
        self._python = environment / "bin" / "python"
        self._state = folder / "quix-state"
        if not environment.is_dir():
            _install(environment)

    def run(self, bootstrap: str, records: int) -> dict[str, float]:
        """`processed_s`: seconds from the first record that was processed to the last one."""
        shutil.rmtree(self._state, ignore_errors=True)
        command = [str(self._python), str(_SOURCE), bootstrap, str(records), str(self._state)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S)
        finally:
            shutil.rmtree(self._state, ignore_errors=True)
        if done.returncode:
            message = f"quix_w1 failed:\n{done.stdout}{done.stderr}"
            raise RuntimeError(message)
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return figures


def _install(environment: Path) -> None:
    unfinished = environment.with_name(f"{environment.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(unfinished)],
        [str(unfinished / "bin" / "python"), "-m", "pip", "install", "--quiet", f"quixstreams=={_VERSION}"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"quixstreams {_VERSION} cannot be installed: {done.stderr.strip().splitlines()[-1:]}"
            raise RuntimeError(message)
    unfinished.rename(environment)
