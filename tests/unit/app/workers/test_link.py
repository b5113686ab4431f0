import os
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from headrace.app.workers.link import FAILED, VARIABLE, Calls, Link, link_from
from headrace.app.workers.messages import Begin, Ended, Failed, Hello, Pause, Report, Stop
from headrace.config.app_config import AppConfig
from headrace.core.errors import DecodeError, HeadraceError
from headrace.core.identifiers import TaskId
from headrace.observe.metrics import Metrics


class Parent:
    """The other end, and a worker whose calls are noted."""

    def __init__(self) -> None:
        self.connection, theirs = Pipe()
        self.link = Link(1, 2, "app", theirs, end_process=lambda _code: None)
        self.calls: list[str] = []
        self.called = threading.Event()

    def open(self, **options: object) -> AppConfig:
        calls = Calls(self._note("stop"), self._note("pause"), self._note("resume"))
        return self.link.open(AppConfig(app_id="app", **options), calls, Metrics())

    def left(self, error: BaseException | None) -> tuple[object, object, object]:
        with pytest.raises(SystemExit) as end:
            self.link.leave(error)
        return end.value.code, self.connection.recv(), self.connection.recv()

    def _note(self, name: str) -> Callable[[], None]:
        def note() -> None:
            self.calls.append(name)
            self.called.set()

        return note


@pytest.fixture
def parent() -> Parent:
    return Parent()


def test_a_worker_gets_its_share_of_memory_and_a_server_of_its_own(parent: Parent):
    config = parent.open(memory_limit_bytes=100, serve="0.0.0.0:8080")

    assert (config.memory_limit_bytes, config.serve) == (50, "127.0.0.1:0")
    assert parent.connection.recv() == Hello()


def test_on_kafka_each_worker_has_a_name_of_its_own(parent: Parent):
    config = parent.open(bootstrap="b:9092", kafka={"group.instance.id": "pod"}, serve="0.0.0.0:8080", memory_limit_bytes=0)

    assert (config.kafka["group.instance.id"], config.serve, config.memory_limit_bytes) == ("pod-1", "0.0.0.0:0", 0)


def test_a_worker_does_what_its_parent_says(parent: Parent):
    parent.open()
    share = Begin(frozenset({TaskId(0, 1)}), frozenset({TaskId(0, 0)}))
    for message in (share, Pause(paused=True), Pause(paused=False), Stop()):
        parent.connection.send(message)

    assert parent.link.share() == share
    while len(parent.calls) < 3:
        assert parent.called.wait(30)
        parent.called.clear()
    assert parent.calls == ["pause", "resume", "stop"]


def test_a_worker_whose_parent_is_gone_stops(parent: Parent):
    parent.open()
    parent.connection.close()

    assert parent.called.wait(30)
    assert parent.calls == ["stop"]


def test_the_end_is_for_the_parent_to_decide(parent: Parent):
    assert parent.link.at_end() is False


def test_leaving_tells_the_last_figures_and_ends_the_process(parent: Parent):
    parent.open()
    parent.connection.recv()

    code, report, last = parent.left(None)

    assert (code, last) == (0, Ended())
    assert isinstance(report, Report)


def test_an_error_travels_with_all_that_it_says(parent: Parent):
    parent.open()
    parent.connection.recv()
    error = DecodeError("it cannot be read", hint="look", field="a.b")
    error.__cause__ = ValueError("the cause")

    code, _, failed = parent.left(error)

    assert code == FAILED
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, DecodeError)
    assert (failed.worker, failed.error.message, failed.error.hint, failed.error.field) == (
        1,
        "it cannot be read",
        "look",
        "a.b",
    )
    assert "ValueError: the cause" in failed.trace


class TiedError(HeadraceError):
    """Holds something that cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("tied", hint="untie")
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("error", "message"), [(TiedError(), "tied"), (KeyError("k"), "KeyError: 'k'"), (SystemExit(), "SystemExit")]
)
def test_an_error_that_cannot_travel_is_told_in_words(parent: Parent, error: BaseException, message: str):
    parent.open()
    parent.connection.recv()

    _, _, failed = parent.left(error)

    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.error.message) == (HeadraceError, message)


def test_the_variable_is_taken_away_and_its_descriptor_is_not_inherited(parent: Parent):
    ours, theirs = Pipe()
    os.set_inheritable(theirs.fileno(), True)
    environment = {VARIABLE: f"0/3/{theirs.fileno()}/my/app"}

    link = link_from(environment)

    assert link is not None
    assert (link.index, link.count, link.app_id, environment) == (0, 3, "my/app", {})
    assert not os.get_inheritable(theirs.fileno())
    theirs._handle = None  # type: ignore[attr-defined]  # the link has it now
    ours.close()


def test_a_process_that_the_pipe_was_not_passed_to_is_no_worker(tmp_path: Path):
    closed = os.open(tmp_path / "file", os.O_CREAT)
    os.close(closed)

    assert link_from({VARIABLE: f"0/3/{closed}/app"}) is None
    assert link_from({}) is None


def test_a_parent_that_is_gone_is_no_error_for_who_tells(parent: Parent):
    parent.connection.close()

    assert isinstance(parent.connection, Connection)
    parent.link.tell(Hello())
