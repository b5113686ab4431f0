import pytest

from headrace.observe import Progress, progress_line


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (
            Progress(state="running", records=61_000, seconds=5, lag=1_200, state_bytes=34_000_000),
            "running: 12.2k records/s, lag 1.2k, state 34.0 MB",
        ),
        (
            Progress(state="restoring", records=0, seconds=5, lag=None, state_bytes=999, dropped=2, restoring=2_000_000),
            "restoring: 0 records/s, lag unknown, state 999 B, 2.0M to restore, 2 dropped",
        ),
        (
            Progress(state="running", records=7, seconds=0, lag=0, state_bytes=2_500_000_000),
            "running: 0 records/s, lag 0, state 2.5 GB",
        ),
    ],
)
def test_says_rate_lag_and_state_in_one_line(progress, line):
    assert progress_line(progress) == line


def test_says_which_partition_is_furthest_behind():
    numbers = {"state": "running", "records": 0, "seconds": 5, "state_bytes": 0, "largest_lag": ("in-3", 7)}
    assert "lag 9 (7 in in-3)," in progress_line(Progress(**numbers, lag=9))
    assert "lag 0," in progress_line(Progress(**numbers, lag=0))
