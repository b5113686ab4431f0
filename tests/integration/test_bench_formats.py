"""The benchmark of formats compares what comes back before it times anything."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench import formats


def test_every_line_has_a_floor_and_right_results():
    found = formats.lines(count=50, rounds=1)
    assert {line.name for line in found} == set(formats.FLOORS)
    assert all(line.ours > 0 and line.bare > 0 for line in found)
