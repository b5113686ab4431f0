import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from headrace.cluster.broker import Broker
from headrace.cluster.processes import Process, identity_of, load_process, spawn
from headrace.core.time import ManualClock

WAITS = "READY; exec sleep 600"

Shell = Callable[..., tuple[Broker, Process]]


def test_a_process_is_found_again_by_its_file(shell: Shell):
    broker, process = shell(1, WAITS)

    found = load_process(broker.folder / "pid.json")

    assert found == process
    assert found.is_alive()


def test_a_process_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(shell: Shell):
    _, process = shell(1, WAITS)

    assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_a_process_takes_signals_that_its_maker_ignores(shell: Shell):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _, process = shell(1, WAITS)
    finally:
        signal.signal(signal.SIGINT, before)

    process.send(signal.SIGINT)

    assert os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1]) == -signal.SIGINT


def test_what_has_ended_and_is_not_collected_is_not_alive(shell: Shell):
    _, process = shell(1, WAITS)
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert identity_of(process.pid) is None
    assert process.exit_code() == -signal.SIGKILL
    assert not process.is_alive()


LEADER_ENDS = """
import ctypes, os, threading
from pathlib import Path
def wait_for_the_leader():
    while Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        pass
    Path(READY).write_text("")
    Path(FOREVER).read_text()
threading.Thread(target=wait_for_the_leader).start()
ctypes.CDLL(None).pthread_exit(None)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_process_whose_first_thread_has_ended_is_alive_while_others_run(tmp_path: Path):
    ready, forever = tmp_path / "ready", tmp_path / "forever"
    os.mkfifo(ready)
    os.mkfifo(forever)
    program = LEADER_ENDS.replace("READY", repr(str(ready))).replace("FOREVER", repr(str(forever)))
    process = spawn([sys.executable, "-c", program], output=tmp_path / "console.log", pid_file=tmp_path / "pid.json")
    ready.read_text()

    assert process.is_alive()

    process.send(signal.SIGKILL)
    os.waitpid(process.pid, 0)
    assert not process.is_alive()


def test_another_process_with_the_same_pid_is_not_taken_for_it(shell: Shell):
    broker, process = shell(1, WAITS)
    stale = dataclasses.replace(process, identity="some other time")
    (broker.folder / "pid.json").write_text(json.dumps(dataclasses.asdict(stale)))

    stale.send(signal.SIGKILL)

    assert broker.process() is None
    assert process.is_alive()
    assert not (broker.folder / "pid.json").exists()


@pytest.mark.parametrize("text", ["", "12", "[]", '{"pid": 1}', "\x00"])
def test_a_damaged_pid_file_is_no_process(tmp_path: Path, text: str):
    (tmp_path / "pid.json").write_text(text)

    assert load_process(tmp_path / "pid.json") is None


def test_output_is_appended_and_the_start_is_noted(tmp_path: Path):
    output = tmp_path / "console.log"
    for text in ("one", "two"):
        command = ["/bin/sh", "-c", f"echo {text}; echo {text} >&2"]
        process = spawn(command, output=output, pid_file=tmp_path / "pid.json", clock=ManualClock(42))
        os.waitpid(process.pid, 0)

    assert output.read_text() == "one\none\ntwo\ntwo\n"
    assert process.started_ms == 42


def test_identities_are_those_that_ps_tells(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    """Systems without /proc are asked by ps."""
    try:
        subprocess.run(["ps", "-o", "stat=,lstart=", "-p", "1"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no ps")
    monkeypatch.setattr("headrace.cluster.processes._PROC", Path("/nowhere"))
    _, process = shell(1, WAITS)

    assert process.identity
    assert process.is_alive()

    process.send(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert identity_of(process.pid) is None
