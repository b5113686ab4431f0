"""A step that takes too long is seen, named and treated as the policy says."""

import logging
import threading
from pathlib import Path

import pytest

from headrace import App, Processor, PunctuationType, StreamsBuilder, Topology
from headrace.app.stack_place import Place
from headrace.log.memory import MemoryLog
from support import tasks as bench
from support.running import make_app
from support.serving import until

TIMEOUT = "600ms"


class Gate:
    """Lets records through until one comes with value 7; that one waits."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.reached = threading.Event()

    def __call__(self, key: str, value: int) -> None:
        if value == 7:
            self.reached.set()
            while not self.open.wait(0.01):
                pass


def gated(gate: Gate) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").peek(gate).to("out")
    return builder.build()


def gated_by_a_filter(gate: Gate) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").filter(lambda key, value: gate(key, value) is None).to("out")
    return builder.build()


class Full(Processor[str, int, str, int]):
    """Needs record metadata, so the task runs its other loop."""

    gate: Gate

    def process(self, record):
        self.gate(record.key, record.value)


def fully_gated(gate: Gate) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").process(type("Own", (Full,), {"gate": gate}))
    return builder.build()


@pytest.mark.parametrize("topology", [gated, gated_by_a_filter, fully_gated])
def test_a_record_that_takes_too_long_is_named_with_its_place(log: MemoryLog, tmp_path: Path, caplog, topology) -> None:
    bench.write(log, "in", (b"a", b"1", 1), (b"b", b"2", 2), (b"c", b"7", 3), (b"d", b"4", 4))
    gate = Gate()
    with (
        caplog.at_level(logging.WARNING, "headrace.watchdog"),
        make_app(log, tmp_path, topology(gate), stall_timeout=TIMEOUT) as app,
    ):
        place = Place("process", "0_0", "in", 0, 2)
        until(lambda: app.watchdog.stall is not None and app.watchdog.stall.place == place)
        assert app.metrics.total("headrace_stalls_total", doing="process") == 1
        gate.open.set()
        until(lambda: app.watchdog.stall is None)
    told = [record.msg for record in caplog.records if record.msg.fields.get("offset") == 2]
    (stalled, over) = told
    assert (stalled.name, over.name) == ("stalled", "stall_over")
    assert "in __call__" in stalled.fields["stack"]


def test_a_slow_function_that_goes_on_is_no_stall(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", *((b"a", b"1", n) for n in range(60)))
    seen, pause = [], threading.Event()
    builder = StreamsBuilder()
    builder.stream("in").foreach(lambda key, value: seen.append((pause.wait(0.05), app.watchdog.look(), app.watchdog.stall)))
    app = make_app(log, tmp_path, builder.build(), stall_timeout="2s")  # less than all of them take
    app.run(until_end=True)
    assert [stall for _, _, stall in seen] == [None] * 60


def test_restart_interrupts_the_step_and_begins_anew_from_the_last_commit(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"c", b"7", 3), (b"d", b"4", 4))
    gate = Gate()
    app = make_app(log, tmp_path, gated(gate), stall_timeout=TIMEOUT, on_stall="restart")
    app.watchdog._end_process = lambda _: None  # of the tests, where a busy machine takes twice the time-out to interrupt
    with app:
        until(lambda: app.metrics.total("headrace_stalls_total", doing="process") >= 2)
        assert bench.read(log, "out") == []
        gate.open.set()
        until(lambda: len(bench.read(log, "out")) == 2)
        assert app.error is None


def test_exit_ends_the_process(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"c", b"7", 3))
    gate, codes = Gate(), []

    def end(code: int) -> None:
        codes.append(code)
        gate.open.set()

    app = make_app(log, tmp_path, gated(gate), stall_timeout=TIMEOUT, on_stall="exit")
    app.watchdog._end_process = end
    with app:
        until(lambda: codes)
    assert codes == [3]


def test_a_punctuation_that_hangs_is_called_one(log: MemoryLog, tmp_path: Path) -> None:
    gate = Gate()

    class Hanging(Processor[str, int, str, int]):
        def init(self, context):
            super().init(context)
            context.schedule("10ms", PunctuationType.WALL_CLOCK_TIME, lambda now: gate("", 7))

        def process(self, record):
            pass

    builder = StreamsBuilder()
    builder.stream("in").process(Hanging)
    with make_app(log, tmp_path, builder.build(), stall_timeout=TIMEOUT) as app:
        until(lambda: app.metrics.total("headrace_stalls_total", doing="punctuate"))
        gate.open.set()


def test_an_application_that_is_paused_is_not_stalled(log: MemoryLog, tmp_path: Path) -> None:
    app: App = make_app(log, tmp_path, stall_timeout="1s")
    app.pause()
    with app:
        app.wait_until_running()
        first = app._instance.beat.rounds
        until(lambda: app._instance.beat.rounds > first + 30)  # more than a second
        assert app.watchdog.stall is None
        assert app.watchdog.starving_s == 0
