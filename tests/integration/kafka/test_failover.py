"""An owner is killed, and its store is taken over: from the copy of a standby, or from the changelog.

How long that takes is a matter of `python -m bench.failover_kafka`; here it is what has to be restored for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from bench.failover_kafka import FailoverBench

from headrace.log.kafka import KafkaLog

TAIL = 1_000
"""Most records that a copy may be behind when the owner dies."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("keys", [100_000, pytest.param(5_000_000, marks=(pytest.mark.soak, pytest.mark.timeout(1200)))])
def test_a_standby_takes_over_without_reading_the_changelog_and_with_the_right_state(
    kafka: KafkaLog, bootstrap: str, tmp_path: Path, keys: int
) -> None:
    warm, cold = FailoverBench(kafka, bootstrap, tmp_path, keys).run()
    assert warm.restored <= TAIL
    assert cold.restored >= keys
    assert (warm.count, cold.count) == (1, 2)  # of the probe key, which had a record at each take-over
