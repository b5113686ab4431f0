"""Five instances on Kafka: two crash, two are left; nothing is lost or doubled, and standbys take over in time."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest
from click.testing import CliRunner
from segmenter.driver.driving import PAUSE_MS, Drive
from segmenter.driver.writer import EventWriter
from segmenter.fleet import parts
from segmenter.fleet.__main__ import main
from segmenter.fleet.checking import compare
from segmenter.fleet.kafka import PROPERTIES
from segmenter.fleet.places import MOST_INSTANCES, Fleet
from segmenter.model import EVENTS
from segmenter.surroundings import Surroundings, options_of, surroundings
from segmenter.topology import build
from session_expectations import differences
from session_topics import found, wanted

from headrace import App, StreamsBuilder, SystemClock
from headrace.cluster import temporary_cluster
from headrace.cluster.ports import free_ports
from support.registry_server import registry_server

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka-clusters")]

SESSION_S = 6.0
"""As in headrace.toml."""

CALM = "calm-session-events"
_CHUNK = 200
_LONGEST_S = 240.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is.

    Attributes:
        per_second: How fast events come, so that they last as long as what happens to the instances.
        spare_s: How long beyond the session time-out the work of a dead instance may stand still.
    """

    events: int
    per_second: int
    spare_s: float


REDUCED = Scale(events=20_000, per_second=400, spare_s=20.0)
FULL = Scale(events=200_000, per_second=2_500, spare_s=3.0)


@pytest.fixture
def surrounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """A fleet without parts, on three brokers and a registry."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    with temporary_cluster(brokers=3, properties=PROPERTIES) as cluster, registry_server() as server:
        fleet = Fleet(tmp_path, cluster.bootstrap, server.url, serve_port=free_ports(1)[0])
        fleet.save()
        fleet.enter()
        try:
            yield fleet
        finally:
            parts.stop(fleet, ["driver", "reader", *(f"instance-{number}" for number in range(1, MOST_INSTANCES + 1))])
            os.environ.clear()
            os.environ.update(before)


def wait_until(condition, what: str) -> None:
    deadline = time.monotonic() + _LONGEST_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {_LONGEST_S:g} s: {what}"
        time.sleep(0.1)


def settled(fleet: Fleet) -> bool:
    """Whether each task is processed by one instance, and another has a copy that has caught up."""
    tasks = [
        (task["task"], task["role"], task["state"], task["lag_records"])
        for number in parts.instances(fleet)
        for task in (parts.status_of(fleet, number) or {"tasks": []})["tasks"]
    ]
    active = sorted(name for name, role, state, _ in tasks if role == "active" and state == "RUNNING")
    copies = {name for name, role, _, lag in tasks if role == "standby" and lag < 1_000}
    return active == sorted(f"0_{number}" for number in range(5)) and len(copies) == 5


def positions(around: Surroundings) -> dict[int, int]:
    committed = around.log.admin().positions(around.config.app_id)
    return {where.partition: place.offset for where, place in committed.items() if where.topic == EVENTS}


def crash_and_wait(fleet: Fleet, around: Surroundings) -> float:
    """Kills an instance; after how many seconds the last of its tasks goes on."""
    chosen = parts.busiest(fleet)
    assert chosen is not None
    tasks = [int(name.partition("_")[2]) for name in parts.active_tasks(fleet, chosen) or []]
    assert tasks
    parts.crash(fleet, chosen)
    at, before = time.monotonic(), positions(around)
    wait_until(lambda: all(positions(around)[task] > before[task] for task in tasks), f"tasks {tasks} go on")
    return time.monotonic() - at


def write_slowly(around: Surroundings, scale: Scale, stop: Signal) -> None:
    start_ms = SystemClock().now_ms() - scale.events * PAUSE_MS - 3_600_000  # brokers delete what is a week old
    events = list(Drive(most=scale.events, start_ms=start_ms).events())
    with EventWriter(around) as writer:
        for first in range(0, len(events), _CHUNK):
            writer.write(events[first : first + _CHUNK])
            if stop.wait(_CHUNK / scale.per_second):
                return


def run_undisturbed(around: Surroundings) -> None:
    """Another application over the same events."""
    builder = StreamsBuilder()
    build(builder, output=CALM)
    config = options_of("calm", around.config.data_dir / "calm")
    App(None, builder.build(), config=config).run(until_end=True)


def disturb(fleet: Fleet, around: Surroundings) -> list[float]:
    """Five instances, two crashes, down to two in order."""
    took = []
    wait_until(lambda: settled(fleet) and len(positions(around)) == 5, "five instances have settled")
    for _ in range(2):
        took.append(crash_and_wait(fleet, around))
        wait_until(lambda: settled(fleet), "the others have settled")
    left = parts.instances(fleet)
    assert len(left) == 3
    parts.stop(fleet, [f"instance-{left[-1]}"])
    wait_until(lambda: settled(fleet), "two instances have settled")
    return took


def check(fleet: Fleet, scale: Scale) -> None:
    with surroundings(options_of(data=fleet.directory)) as around:
        stop = Signal()
        driver = Thread(target=write_slowly, args=(around, scale, stop))
        driver.start()
        try:
            wait_until(lambda: EVENTS in around.log.admin().partition_counts(), "there are events")
            for number in range(1, MOST_INSTANCES + 1):
                parts.start(fleet, f"instance-{number}")
            took = disturb(fleet, around)
            assert driver.is_alive(), "the events were over before the storm was"
        except BaseException:
            stop.set()
            raise
        finally:
            driver.join()
        print(f"tasks of crashed instances went on after {took[0]:.1f} s and {took[1]:.1f} s")
        assert compare(around, around.config.app_id, patience_s=_LONGEST_S).events == scale.events
        run_undisturbed(around)
        rough, calm = found(around), found(around, CALM)
        assert len(rough) == len(calm) == scale.events
        assert differences(rough, calm) == []
        assert differences(rough, wanted(around)) == []
        assert max(took) <= SESSION_S + scale.spare_s


@pytest.mark.timeout(600)
def test_crashes_of_instances_lose_and_double_nothing(surrounded: Fleet) -> None:
    check(surrounded, REDUCED)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_crashes_of_instances_lose_and_double_nothing_in_full(surrounded: Fleet) -> None:
    check(surrounded, FULL)


@pytest.mark.timeout(300)
def test_the_commands_start_scale_crash_check_and_stop(surrounded: Fleet) -> None:
    fleet = surrounded

    def run(*arguments: str) -> str:
        outcome = CliRunner().invoke(main, ["--dir", str(fleet.directory), *arguments])
        assert outcome.exit_code == 0, outcome.output
        return outcome.output

    places = ["--bootstrap", fleet.bootstrap, "--registry", fleet.registry, "--serve-port", str(fleet.serve_port)]
    assert "running: driver, reader, instance-1, instance-2\n" in run("start", *places)
    wait_until(lambda: parts.busiest(fleet) is not None, "an instance answers")
    assert run("scale", "3").endswith("instance-1, instance-2, instance-3\n")
    wait_until(lambda: settled(fleet), "three instances have settled")
    assert "had 0_" in run("crash")
    assert len(parts.instances(fleet)) == 2
    wait_until(lambda: fleet.log_of("reader").read_text().count("[device-") > 20, "the reader follows")
    assert "0 lost, 0 doubled" in run("check")
    assert run("scale", "1").endswith("instance-1\n") or len(parts.instances(fleet)) == 1
    assert run("stop") == "stopped\n"
    assert parts.instances(fleet) == []
    assert parts.running(fleet, "driver") is None
    assert "@" in fleet.log_of("driver").read_text()
