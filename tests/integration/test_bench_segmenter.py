"""The benchmark of the segmenter compares what engine and loop have written before it tells a figure."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench import segmenter


def test_engine_and_loop_write_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(segmenter, "WORK", tmp_path / "work")
    monkeypatch.setattr(segmenter, "EVENTS_PER_MS", 0.01)  # so slow that sessions are purged
    line = segmenter.compare(2_000, runs=1)
    assert line.engine > 0
    assert line.peer > 0
