import signal
from collections.abc import Callable

import pytest

from headrace.cluster.broker import Broker
from headrace.cluster.processes import Process
from headrace.cluster.spec import BrokerSpec
from headrace.cluster.stopping import Stopped, stop_brokers

PATIENT_S = 60.0
WILLING = "READY; exec sleep 600"
STUBBORN = "trap '' TERM; READY; while true; do sleep 1; done"

Shell = Callable[..., tuple[Broker, Process]]


def test_stops_those_that_run(shell: Shell, tmp_path):
    (first, a), (second, b) = shell(1, WILLING), shell(2, WILLING)
    third = Broker(tmp_path / "broker-3", BrokerSpec(3, 20_030))

    outcome = stop_brokers([first, second, third], timeout_s=PATIENT_S)

    assert outcome == {1: Stopped.IN_ORDER, 2: Stopped.IN_ORDER, 3: Stopped.NOT_RUNNING}
    assert not a.is_alive()
    assert not b.is_alive()
    assert not (first.folder / "pid.json").exists()


def test_kills_the_one_that_does_not_stop_in_time(shell: Shell):
    (willing, _), (stubborn, process) = shell(1, WILLING), shell(2, STUBBORN)

    outcome = stop_brokers([willing, stubborn], timeout_s=0.5)

    assert outcome == {1: Stopped.IN_ORDER, 2: Stopped.KILLED}
    assert not process.is_alive()


def test_without_time_they_are_killed_at_once(shell: Shell):
    broker, _ = shell(1, "trap 'echo asked' TERM; READY; while true; do sleep 1; done")

    assert stop_brokers([broker], timeout_s=0) == {1: Stopped.KILLED}
    assert broker.console_file.read_text() == ""


@pytest.mark.parametrize("timeout_s", [PATIENT_S, 0])
def test_a_paused_one_is_stopped_too(shell: Shell, timeout_s: float):
    broker, process = shell(1, WILLING)
    broker.signal(signal.SIGSTOP)

    stop_brokers([broker], timeout_s=timeout_s)

    assert not process.is_alive()
