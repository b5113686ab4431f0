"""All parts in one process, as `headrace run .` runs them; the reader's lines."""

import re
import time
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from threading import Event as Signal

import pytest
from segmenter.driver.driving import Drive
from segmenter.model import DataReceived
from segmenter.reader import follow
from segmenter.surroundings import options_of, surroundings
from segmenter.whole import whole
from session_expectations import differences
from session_topics import fill, found, wanted

from headrace.log.api import NewTopic, RecordColumns

LINE = re.compile(
    r"reader +\d\d:\d\d:\d\d\.\d{3}  session-events-\d@\d+ +\[device-\d+:\w{8}\] +(DeviceWokeUp|AllDataReceived|DataReceived\()"
)


def test_the_demo_shows_each_event_twice(tmp_path: Path):
    app = whole(Drive(most=4, start_ms=0), options_of(data=tmp_path))
    said = Counter[str]()
    with redirect_stdout(StringIO()) as out, app:
        while said["reader"] < 4 or said["driver"] < 4:
            time.sleep(0.05)
            said = Counter(line.split()[0] for line in out.getvalue().splitlines())
    lines = out.getvalue().splitlines()
    assert Counter(line.split()[0] for line in lines) == {"driver": 4, "reader": 4}
    assert all(LINE.match(line) for line in lines if line.startswith("reader"))


def test_full_speed_loses_nothing_when_it_is_stopped(tmp_path: Path):
    app = whole(Drive(full_speed=True, most=20_000), options_of(data=tmp_path))
    with app:
        app.wait_until_running()
        while app.metrics.total("headrace_process_records_total") < 10_000:
            pass
    rest = whole(Drive(full_speed=True, most=1), options_of(data=tmp_path))
    rest.run(until_end=True)
    with surroundings(options_of(data=tmp_path)) as around:
        assert differences(found(around), wanted(around)) == []


def test_the_reader_says_what_it_cannot_read(tmp_path: Path):
    said, stop = list[str](), Signal()

    def say(line: str) -> None:
        said.append(line)
        stop.set()

    with surroundings(options_of(data=tmp_path)) as around:
        around.log.admin().create_topics([NewTopic("session-events", 1)])
        producer = around.log.producer()
        columns = RecordColumns()
        columns.append(b"x", b"y", 0, ())
        producer.append("session-events", 0, columns)
        producer.flush()
        producer.close()
        follow(around, stop, say, from_start=True)
    assert said[0].startswith("00:00:00.000  session-events-0@0")
    assert "cannot be read" in said[0]


def test_a_reading_is_written_short():
    assert str(DataReceived("pressure", 0.2749)) == "DataReceived(pressure,0.275)"


def test_a_driver_that_fails_ends_the_application_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with surroundings(options_of(data=tmp_path)) as around:
        fill(around, 10)
    broken = options_of(data=tmp_path)
    app = whole(Drive(most=1, devices=0), broken)
    app.run()
    assert "driver" in capsys.readouterr().err
