"""The option workers: several processes give the results of one, and end, die and fail as one."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from log_access import create, positions, read, read_raw, write
from workers_access import PARTITIONS, children, consumed, counted, eventually, fill, is_gone, kill, run, start

from headrace.log.embedded import open_log
from support.command_line import CommandLine

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
    pytest.mark.timeout(400),  # processes that start are slow beside other tests
]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_each_word_is_counted_once_whatever_the_number_of_workers(tmp_path: Path, workers: int):
    expected = fill(tmp_path, 400)

    ended = run(tmp_path, workers)

    assert ended.returncode == 0, ended.stderr
    assert counted(tmp_path) == expected
    assert sorted(count for word, count in read(tmp_path, "counts") if word == "be") == list(range(1, expected["be"] + 1))
    assert consumed(tmp_path) == 400
    assert ended.stdout.splitlines()[-1] == f"goes on once: {400 * 6} records read, 0 restarts"
    assert ended.stdout.count("goes on") == 1


def test_a_worker_that_is_killed_is_started_again_and_nothing_is_lost_or_repeated(tmp_path: Path):
    expected = fill(tmp_path, 1200)
    process = start(tmp_path, 2, "slow")
    eventually(lambda: consumed(tmp_path) > 100, "nothing was processed", process)
    victim = children(process.pid)[0]

    kill(victim)
    out, err = process.communicate(timeout=180)

    assert process.returncode == 0, err
    assert counted(tmp_path) == expected
    assert sum(1 for word, _ in read(tmp_path, "counts") if word == "be") == 1200
    assert ", 1 restarts" in out


def test_ctrl_c_stops_all_workers_in_order(tmp_path: Path):
    fill(tmp_path, 100)
    process = start(tmp_path, 2, "forever")
    eventually(lambda: consumed(tmp_path) == 100, "not all was processed", process)
    workers = children(process.pid)
    assert len(workers) == 2

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=180)

    assert (process.returncode, f"goes on once: {100 * 6} records read" in out) == (0, True), err
    assert all(is_gone(pid) for pid in workers)
    assert "Traceback" not in err


def test_workers_whose_parent_is_killed_end_themselves(tmp_path: Path):
    expected = fill(tmp_path, 400)
    process = start(tmp_path, 2, "forever", "slow")
    eventually(lambda: consumed(tmp_path) > 20, "nothing was processed", process)
    workers = children(process.pid)

    kill(process.pid)
    process.communicate(timeout=180)

    eventually(lambda: all(is_gone(pid) for pid in workers), "workers live on")
    assert run(tmp_path, 1).returncode == 0
    assert counted(tmp_path) == expected


def test_an_error_in_a_worker_is_raised_once_by_run_with_the_traceback_of_the_worker(tmp_path: Path):
    fill(tmp_path, 40)
    write(tmp_path, "lines", [("k", b"bad", 1)], partition=2)

    ended = run(tmp_path, 2, "fail")

    assert ended.returncode == 1
    assert ended.stderr.count("headrace.core.errors.ProcessingError:") == 1
    assert "this line is bad" in ended.stderr
    assert "in worker 0:" in ended.stderr
    assert "goes on" not in ended.stdout


def test_other_applications_of_the_same_program_run_once(tmp_path: Path):
    expected = fill(tmp_path, 40)

    ended = run(tmp_path, 2, "two")

    assert ended.returncode == 0, ended.stderr
    assert counted(tmp_path) == expected
    assert len(read(tmp_path, "counts")) == 40 * 5
    assert sum(offset for where, offset in positions(tmp_path, "copier").items()) == 40


def test_partitions_that_are_added_get_a_worker(tmp_path: Path):
    fill(tmp_path, 40)
    process = start(tmp_path, 2, "forever", "copy")
    eventually(lambda: consumed(tmp_path) == 40, "not all was processed", process)

    log = open_log(tmp_path / "log")
    log.admin().add_partitions("lines", PARTITIONS + 1)
    log.close()
    write(tmp_path, "lines", [("k", b"new words", 1)], partition=PARTITIONS)

    eventually(
        lambda: b"new words" in [value for _, value, _ in read_raw(tmp_path, "copies")], "the partition is not read", process
    )
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert consumed(tmp_path) == 41


def test_a_record_that_kills_its_worker_is_dead_lettered_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    create(tmp_path, **{"in": 2, "out": 1, "dead": 1})
    write(tmp_path, "in", [("k", value.encode(), 1) for value in ("a", "b", "poison", "c")], partition=0)
    write(tmp_path, "in", [("k", value.encode(), 1) for value in ("d", "e")], partition=1)
    monkeypatch.setenv("HEADRACE_WORKERS", "2")
    command = [sys.executable, str(Path(__file__).with_name("poison_program.py")), str(tmp_path), "dlq"]

    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False)

    assert ended.returncode == 0, ended.stderr
    assert sorted(value for _, value, _ in read_raw(tmp_path, "out")) == [b"A", b"B", b"C", b"D", b"E"]
    assert [value for _, value, _ in read_raw(tmp_path, "dead")] == [b"poison"]


def test_the_parent_answers_for_all_workers(tmp_path: Path):
    expected = fill(tmp_path, 100)
    write(tmp_path, "names", [("w1", b"one", 1)])
    port = free_port()
    process = start(tmp_path, 2, "forever", f"serve={port}")
    try:
        eventually(lambda: consumed(tmp_path) == 100, "not all was processed", process)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            eventually(lambda: client.get("/readyz").status_code == 200, "it is never ready", process)
            eventually(lambda: client.get("/status").json()["lag_records"] == 0, "there is lag", process)
            for word in ("be", "w3", "w49"):
                assert client.get("/stores/counts/get", params={"key": word}).json()["value"] == expected[word]
            assert len(client.get("/stores/counts/range").json()["entries"]) == len(expected)
            assert client.get("/stores/names/get", params={"key": "w1"}).json()["value"] == "one"
            status = client.get("/status").json()
            assert (status["healthy"], len(status["tasks"])) == (True, 2 * 4)
            assert "headrace_commits_total" in client.get("/metrics").text
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=180)
    assert process.returncode == 0, err


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


PROGRAM = """
from headrace import App, Consumed, StreamsBuilder

def build(builder):
    builder.stream("in", Consumed(value=str)).map_values(str.upper).to("out")

if __name__ == "__main__":
    builder = StreamsBuilder()
    build(builder)
    App("guarded", builder.build(), workers=2).run(until_end=True)
"""


def test_the_command_runs_workers_and_tells_as_one(cli: CommandLine):
    create(cli.folder / ".headrace", **{"in": 2, "out": 2})
    cli.file("prog.py", PROGRAM)
    cli.ok("produce", "in", stdin="a\tx\nb\ty\nc\tz\n")

    ended = completed(cli, "-m", "headrace", "run", "prog.py", "--until-end", "-o", "workers=2")

    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("running prog on") == 1
    assert ended.stderr.count("stopped: 3 records read") == 1
    assert sorted(value for _, value in read(cli.folder / ".headrace", "out")) == ["X", "Y", "Z"]


def test_a_script_may_have_its_run_behind_a_main_guard(cli: CommandLine):
    create(cli.folder / ".headrace", **{"in": 2, "out": 2})
    script = cli.file("prog.py", PROGRAM)
    cli.ok("produce", "in", stdin="a\tx\nb\ty\nc\tz\n")

    ended = completed(cli, str(script))

    assert ended.returncode == 0, ended.stderr
    assert sorted(value for _, value in read(cli.folder / ".headrace", "out")) == ["X", "Y", "Z"]


def test_the_command_tells_an_error_of_a_worker_once(cli: CommandLine):
    create(cli.folder / ".headrace", **{"in": 2, "out": 2})
    cli.file("prog.py", PROGRAM.replace("str.upper", "int"))
    cli.ok("produce", "in", stdin="a\tx\n")

    ended = completed(cli, "-m", "headrace", "run", "prog.py", "--until-end", "-o", "workers=2")

    assert ended.returncode == 3
    assert ended.stderr.count("invalid literal for int()") == 1
    assert ended.stderr.count("error: ") == 1


def test_a_program_that_does_not_come_to_run_again_is_told(cli: CommandLine):
    create(cli.folder / ".headrace", **{"in": 2, "out": 2})
    script = cli.file("prog.py", "import os, sys\nif os.path.exists('once'): sys.exit(4)\nopen('once', 'w')\n" + PROGRAM)

    ended = completed(cli, str(script))

    assert ended.returncode == 1
    assert "ended with exit code 4 before it came to run()" in ended.stderr


def completed(cli: CommandLine, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=cli.folder, capture_output=True, text=True, timeout=180, check=False)
