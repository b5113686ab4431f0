"""SIGINT and SIGTERM stop in order; a second SIGINT interrupts."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headrace.app.signals import stop_on_signals

PROGRAM = Path(__file__).with_name("signal_program.py")


@contextmanager
def program(data: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, str(PROGRAM), str(data)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_application_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with program(tmp_path) as process:
        process.send_signal(number)
        printed, _ = process.communicate(timeout=30)
        assert (process.returncode, printed) == (0, "NOT_RUNNING\n")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own handler, also where the tests run in the background, with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_handlers_are_put_back_at_the_first_signal_and_at_the_end() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    stopped: list[int] = []
    with stop_on_signals(lambda: stopped.append(1)):
        assert signal.getsignal(signal.SIGTERM) != before[1]
        signal.raise_signal(signal.SIGINT)
        assert stopped == [1]
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number, told", [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_a_person_at_a_terminal_learns_how_to_end_it_at_once(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, told: bool
) -> None:
    reading, writing = os.openpty()
    with os.fdopen(reading, "rb", buffering=0) as screen, os.fdopen(writing, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with stop_on_signals(lambda: None):
            signal.raise_signal(number)
        print("end", file=terminal, flush=True)
        seen = b""
        while b"end\r\n" not in seen:
            seen += screen.read(1_000)
        assert (b"press Ctrl-C again to end at once" in seen) is told


def test_outside_the_main_thread_no_handlers_are_installed() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with stop_on_signals(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
