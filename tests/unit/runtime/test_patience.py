import pytest

from headrace import LogError
from headrace.core.errors import LogBusyError
from headrace.runtime.patience import Patience


class Flaky:
    """Fails so many times."""

    def __init__(self, times: int, error: LogError) -> None:
        self.left, self._error = times, error

    def __call__(self) -> str:
        if self.left:
            self.left -= 1
            raise self._error
        return "done"


def test_a_step_is_repeated_until_it_succeeds() -> None:
    assert Patience(60_000).repeat(Flaky(3, LogBusyError("busy")), "step") == "done"


def test_what_is_put_off_is_reported_once_until_it_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    patience, step = Patience(60_000), Flaky(2, LogBusyError("busy"))
    assert [patience.attempt(step, "purge") for _ in range(3)] == [None, None, "done"]
    assert caplog.text.count("put_off what=purge error=busy") == 1
    step.left = 1
    assert patience.attempt(step, "purge") is None
    assert caplog.text.count("put_off what=purge error=busy") == 2


def test_errors_that_do_not_go_away_are_raised_at_once() -> None:
    with pytest.raises(LogError, match="broken"):
        Patience(60_000).attempt(Flaky(1, LogError("broken")), "poll")


def test_patience_ends() -> None:
    with pytest.raises(LogBusyError):
        Patience(0).attempt(Flaky(1, LogBusyError("busy")), "poll")
    with pytest.raises(LogBusyError):
        Patience(0).repeat(Flaky(1, LogBusyError("busy")), "commit")


def test_a_success_in_between_renews_it_for_the_same_thing_only(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("headrace.runtime.patience.time.monotonic", lambda: now[0])
    patience, flaky = Patience(10_000), Flaky(0, LogBusyError("busy"))
    for _ in range(5):
        flaky.left = 1
        assert patience.attempt(flaky, "poll") is None
        now[0] += 6
        assert patience.attempt(flaky, "poll") == "done"
    flaky.left = 2
    assert patience.attempt(flaky, "poll") is None
    now[0] += 10
    assert patience.attempt(lambda: "fine", "topics") == "fine"
    with pytest.raises(LogBusyError):
        patience.attempt(flaky, "poll")
