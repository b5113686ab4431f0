import logging
from typing import Any

import pytest

from headrace import TopicPartition
from headrace.app.restore_progress import RestoreProgress
from headrace.observe.metrics import Metrics

P = TopicPartition("app-n-changelog", 3)


class Listener:
    """Notes the names of its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def on_restore_start(self, *arguments: Any) -> None:
        self.calls.append(("start", *arguments))

    def on_batch_restored(self, *arguments: Any) -> None:
        self.calls.append(("batch", *arguments))

    def on_restore_end(self, *arguments: Any) -> None:
        self.calls.append(("end", *arguments))


def follow(progress: RestoreProgress) -> None:
    progress.on_restore_start(P, "n", 10, 100)
    progress.on_batch_restored(P, "n", 60, 45)
    progress.on_batch_restored(P, "n", 100, 40)
    progress.on_restore_end(P, "n", 85)


def test_every_listener_is_told_everything() -> None:
    one, other = Listener(), Listener()
    follow(RestoreProgress(Metrics(), [one, other], 0))
    assert one.calls == other.calls
    assert one.calls == [("start", P, "n", 10, 100), ("batch", P, "n", 60, 45), ("batch", P, "n", 100, 40), ("end", P, "n", 85)]


def test_metrics_tell_what_was_restored_and_what_is_left() -> None:
    metrics = Metrics()
    progress = RestoreProgress(metrics, [], 0)
    progress.on_restore_start(P, "n", 10, 100)
    progress.on_batch_restored(P, "n", 60, 45)
    assert metrics.total("headrace_restore_records_total", store="n", task="3") == 45
    assert metrics.total("headrace_restore_remaining_records", store="n") == 40


def test_the_log_tells_begin_end_and_now_and_then_how_long_it_takes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "headrace.restore"):
        progress = RestoreProgress(Metrics(), [], 1)
        progress.on_restore_start(P, "n", 10, 100)
        progress._underway["n/" + str(P)].told_s -= 1
        progress.on_batch_restored(P, "n", 60, 45)
        progress.on_batch_restored(P, "n", 100, 40)
        progress.on_restore_end(P, "n", 85)
    events = [record.message.split()[0] for record in caplog.records]
    assert events == ["restore_started", "restoring", "restore_ended"]
    assert "left=40" in caplog.text


def test_nothing_is_logged_where_nothing_is_to_do(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "headrace.restore"):
        progress = RestoreProgress(Metrics(), [], 1)
        progress.on_restore_start(P, "n", 10, 10)
        progress.on_restore_end(P, "n", 0)
    assert not caplog.records
