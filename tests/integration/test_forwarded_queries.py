"""Two instances, each with its own half of the tasks: any of them answers for any key.

Each runs on a log of its own and hides what is not its share, as a group would have it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from headrace import App, TaskId
from headrace.app.queries.wire import FORWARDED
from headrace.core.errors import RebalancingError
from headrace.core.hashing import partition_for
from headrace.core.time import SystemClock
from headrace.log.memory import MemoryLog
from headrace.runtime.directory import Holder, Role, StaticDirectory
from support import tasks as bench
from support.running import make_app
from support.serving import settle, stores

KEYS = [f"k{number}" for number in range(12)]
GONE = "http://127.0.0.1:9"


class Share:
    """A worker of which only some tasks are seen."""

    def __init__(self, worker, shown, standbys=()) -> None:
        self._worker = worker
        self._shown = shown
        self._standbys = standbys
        self.submit = worker.submit
        self.global_stores = worker.global_stores

    @property
    def tasks(self):
        return [task for task in self._worker.tasks if task.id in self._shown]

    @property
    def standbys(self):
        return [task for task in self._worker.tasks if task.id in self._standbys]

    def task_states(self):
        return [State(task) for task in self._standbys]


@dataclass
class State:
    task: TaskId
    lag: int = 17


def show(app: App, *partitions: int, standbys: tuple[int, ...] = ()) -> None:
    """Lets an instance have the tasks of these partitions only."""
    now = type(app)._tasks_now
    shown = {TaskId(0, number) for number in partitions}
    copies = {TaskId(0, number) for number in standbys}

    def share():
        worker, layout = now(app)
        return Share(worker, shown, copies), layout

    app.queries.now = share


def know(app: App, **holders: list[Holder]) -> None:
    """Tells an instance who has the tasks `p0`, `p1`."""
    app.queries.routing.directory = StaticDirectory({TaskId(0, int(name[1:])): found for name, found in holders.items()})


def instance(directory: Path) -> App:
    log = MemoryLog(SystemClock())
    bench.make_topics(log, **{"in": 2, "g": 1})
    for time in (1, 11):
        for key in KEYS:
            bench.write(log, "in", (key.encode(), b"1", time), partition=partition_for(key.encode(), 2))
    bench.write(log, "g", (b"k", b'"name"', 1))
    return make_app(log, directory, stores(), serve="127.0.0.1:0")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[App, App]]:
    with instance(tmp_path / "one") as one, instance(tmp_path / "two") as two:
        for app in (one, two):
            app.wait_until_running()
            settle(app)
        show(one, 0)
        show(two, 1)
        know(one, p1=[Holder(two.url)])
        know(two, p0=[Holder(one.url)])
        yield one, two


def test_any_instance_answers_for_any_key(pair) -> None:
    for app in pair:
        with httpx.Client(base_url=app.url) as client:
            answers = [client.get("/stores/n/get", params={"key": key}).json() for key in KEYS]
            assert [(found["key"], found["value"], found["lag"]) for found in answers] == [(key, 2, 0) for key in KEYS]
            assert {found["task"] for found in answers} == {"0_0", "0_1"}
        view = app.query("n")
        assert [view.get(key).value for key in KEYS] == [2] * len(KEYS)


def test_ranges_windows_and_counts_are_put_together(pair) -> None:
    one, _ = pair
    with httpx.Client(base_url=one.url) as client:
        entries = client.get("/stores/n/range").json()["entries"]
        assert sorted(entry["key"] for entry in entries) == sorted(KEYS)
        windows = client.get("/stores/w/windows", params={"from": 5}).json()["entries"]
        assert sorted((entry["key"], entry["start"], entry["end"]) for entry in windows) == sorted(
            (key, 10, 20) for key in KEYS
        )
        assert client.get("/stores/n/count").json()["count"] == len(KEYS)
    assert sorted(key for key, _ in one.query("n").prefix("k")) == sorted(KEYS)
    assert {(windowed.key, windowed.end) for windowed, _ in one.query("s").windows(until=5)} == {(key, 1) for key in KEYS}


def test_the_owner_of_a_key_is_told_by_every_instance(pair) -> None:
    one, two = pair
    key = next(key for key in KEYS if partition_for(key.encode(), 2) == 1)
    told = httpx.get(f"{one.url}/owner", params={"store": "n", "key": key}).json()
    assert (told["task"], told["here"], told["instances"]) == ("0_1", False, [{"url": two.url, "role": "active"}])
    assert httpx.get(f"{two.url}/owner", params={"store": "n", "key": key}).json()["here"]


def test_a_question_is_passed_on_once_only(pair) -> None:
    one, two = pair
    show(one)
    know(one, p0=[Holder(two.url)], p1=[Holder(two.url)])
    show(two)
    know(two, p0=[Holder(one.url)], p1=[Holder(one.url)])
    refused = httpx.get(f"{one.url}/stores/n/get", params={"key": KEYS[0]})
    assert (refused.status_code, refused.json()["error"], refused.headers["retry-after"]) == (503, "RebalancingError", "1")
    assert "is not here" in refused.json()["message"]
    with pytest.raises(RebalancingError, match="is not here"):
        one.query("n", timeout=0).get(KEYS[0])


def test_an_owner_that_nobody_knows_or_reaches_means_try_again(pair) -> None:
    one, _ = pair
    key = next(key for key in KEYS if partition_for(key.encode(), 2) == 1)
    for holders, words in (
        ([], "on no instance"),
        ([Holder(GONE)], "does not answer"),
        ([Holder(None)], "without a query server"),
    ):
        know(one, p1=holders)
        refused = httpx.get(f"{one.url}/stores/n/get", params={"key": key})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert words in refused.json()["message"]
        with pytest.raises(RebalancingError, match=words):
            one.query("n", timeout=0).get(key)


def test_a_standby_answers_where_that_is_good_enough_and_says_how_old_it_is(pair) -> None:
    one, two = pair
    show(two, standbys=(1,))
    know(one, p1=[Holder(GONE), Holder(two.url, Role.STANDBY)])
    key = next(key for key in KEYS if partition_for(key.encode(), 2) == 1)
    assert httpx.get(f"{one.url}/stores/n/get", params={"key": key}).status_code == 503
    found = httpx.get(f"{one.url}/stores/n/get", params={"key": key, "stale": "true"}).json()
    assert (found["value"], found["lag"]) == (2, 17)
    view = one.query("n", stale=True)
    assert (view.get(key).value, view.lag) == (2, 17)


def test_a_query_comes_through_when_the_owner_is_back_in_time(pair) -> None:
    one, two = pair
    key = next(key for key in KEYS if partition_for(key.encode(), 2) == 1)
    know(one)
    asked = []

    class Later(StaticDirectory):
        def holders(self, task):
            asked.append(task)
            return [Holder(two.url)] if len(asked) > 3 else []

    one.queries.routing.directory = Later()
    assert one.query("n", timeout="10s").get(key).value == 2


def test_what_is_forwarded_to_a_stranger_is_an_error_not_an_answer(pair) -> None:
    one, two = pair
    other = httpx.post(f"{two.url}/forward", content=b"\x80", headers={FORWARDED: "1"})
    assert other.status_code == 400
    know(one, p1=[Holder(f"{two.url}/openapi.json")])
    key = next(key for key in KEYS if partition_for(key.encode(), 2) == 1)
    refused = httpx.get(f"{one.url}/stores/n/get", params={"key": key})
    assert refused.status_code == 503
    assert "is no query server" in refused.json()["message"]
