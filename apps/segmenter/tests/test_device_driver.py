"""What the driver sends, and says."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Event as Signal

import pytest
from click.testing import CliRunner
from segmenter.driver.__main__ import main
from segmenter.driver.devices import READINGS, device_events
from segmenter.driver.driving import PAUSE_MS, Drive, drive
from segmenter.model import EVENTS, AllDataReceived, DataReceived, DeviceWokeUp
from segmenter.surroundings import Surroundings, options_of, surroundings

from headrace.core.identifiers import TopicPartition


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    with surroundings(options_of(data=tmp_path)) as made:
        yield made


def test_events_are_the_same_for_a_seed_and_others_for_another():
    one, again, other = (list(islice(device_events(seed), 100)) for seed in (1, 1, 2))
    assert one == again != other


def test_half_of_the_events_are_readings_of_ten_devices():
    events = list(islice(device_events(7), 8_000))
    kinds = Counter(type(event) for _, event in events)
    assert kinds[DataReceived] == pytest.approx(4_000, rel=0.1)
    assert kinds[DeviceWokeUp] == pytest.approx(2_000, rel=0.1)
    assert kinds[AllDataReceived] == pytest.approx(2_000, rel=0.1)
    assert {device.id for device, _ in events} == {f"device-{number}" for number in range(1, 11)}
    readings = [event for _, event in events if isinstance(event, DataReceived)]
    assert {reading.name for reading in readings} == set(READINGS)
    assert all(0 <= reading.value < 1 for reading in readings)


def test_times_go_on_by_300_ms_where_a_start_is_given():
    times = [envelope.timestamp for _, envelope in Drive(start_ms=5_000, most=3).events()]
    assert times == [5_000, 5_000 + PAUSE_MS, 5_000 + 2 * PAUSE_MS]


def test_each_event_is_said_with_its_place(around: Surroundings):
    stop, said = Signal(), list[str]()

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            stop.set()

    assert drive(around, Drive(start_ms=0), stop, say) == 3
    ends = around.log.admin().end_offsets([TopicPartition(EVENTS, number) for number in range(5)])
    assert sum(ends.values()) == 3
    places = [line.split()[0] for line in said]
    assert sorted(places) == sorted(f"{where}@{offset}" for where, end in ends.items() for offset in range(end))


def test_the_command_sends_so_many_at_full_speed_and_says_how_many(tmp_path: Path):
    outcome = CliRunner().invoke(main, ["--full-speed", "-n", "2500", "--data", str(tmp_path)])
    assert outcome.exit_code == 0, outcome.output
    assert "2,500 events acknowledged" in outcome.output
