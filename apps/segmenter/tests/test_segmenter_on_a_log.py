"""The segmenter as an application over five partitions: equal to a plain loop, undisturbed, in several lives, and killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from segmenter.model import EVENTS, SESSION_EVENTS, Device
from segmenter.surroundings import Surroundings, options_of, surroundings
from segmenter.topology import build
from session_expectations import differences
from session_topics import fill, found, wanted

from headrace import App, StreamsBuilder
from headrace.core.identifiers import TopicPartition
from headrace.testing import TestDriver

FOLDER = Path(__file__).parents[1]


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    with surroundings(options_of(data=tmp_path)) as made:
        yield made


def run(around: Surroundings) -> None:
    builder = StreamsBuilder()
    build(builder)
    App(None, builder.build(), config=around.config).run(until_end=True)


def test_every_event_comes_out_once_under_its_session(around: Surroundings) -> None:
    fill(around, 20_000)
    run(around)
    sessions = found(around)
    assert len(sessions) == 20_000
    assert differences(sessions, wanted(around)) == []


def test_sessions_go_on_in_the_next_life(around: Surroundings) -> None:
    for _ in range(3):
        fill(around, 700)
        run(around)
    assert differences(found(around), wanted(around)) == []


def test_sessions_go_on_where_the_state_was_lost(around: Surroundings) -> None:
    """The store is in memory: all that a new process has is the changelog."""
    fill(around, 3_000)
    run(around)
    before = around.log.admin().end_offsets([TopicPartition("segmenter-sessions-changelog", n) for n in range(5)])
    assert min(before.values()) > 0
    fill(around, 3_000)
    run(around)
    assert differences(found(around), wanted(around)) == []


@pytest.mark.parametrize("partition_share", [0.2, 0.7])
def test_a_process_that_is_killed_loses_and_doubles_nothing(around: Surroundings, partition_share: float) -> None:
    fill(around, 30_000)
    command = [sys.executable, "-m", "headrace", "run", "segmenter.topology", "--until-end", "--log-level", "error"]
    options = ["--data", str(around.config.data_dir), "-o", "commit_interval=50ms", "-o", "poll_records=500"]
    process = subprocess.Popen([*command, *options], cwd=FOLDER, stderr=subprocess.DEVNULL)
    _wait_for_positions(around, partition_share * 30_000, process)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert 0 < len(found(around)) < 30_000
    run(around)
    assert differences(found(around), wanted(around)) == []


def _wait_for_positions(around: Surroundings, least: float, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        positions = around.log.admin().positions("segmenter").values()
        if sum(position.offset for position in positions) >= least:
            return


def test_a_test_driver_makes_the_same_sessions_as_the_log(around: Surroundings) -> None:
    """One partition, so the same offsets as in a driver."""
    builder = StreamsBuilder()
    build(builder)
    fill(around, 500, devices=1)
    events = wanted(around)
    with TestDriver(builder.build()) as driver:
        for device, _, envelope in events:
            driver.topic(EVENTS).pipe(Device(device), envelope)
        keys = [key.session_id for key, _ in driver.topic(SESSION_EVENTS).key_values()]
    assert keys == [session for _, session, _ in events]
