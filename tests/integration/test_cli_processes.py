"""The command as processes: signals, pipes, one owner, and the way of a newcomer."""

import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.source_tree import ROOT

HEADRACE = [sys.executable, "-m", "headrace"]

COUNT = """
from headrace import Consumed

def build(builder):
    builder.stream("in", Consumed(value=str)).group_by_key().count(name="counts").to_stream().to("out")
"""


def headrace(folder: Path, *arguments: str, stdin: str = "", code: int = 0) -> str:
    ran = subprocess.run(
        [*HEADRACE, *arguments], cwd=folder, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == code, ran.stderr
    return ran.stdout + (ran.stderr if code else "")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An application that has counted one record and goes on."""
    (tmp_path / "prog.py").write_text(COUNT)
    headrace(tmp_path, "topics", "create", "in", "out")
    headrace(tmp_path, "produce", "in", stdin="a\tx\n")
    process = subprocess.Popen([*HEADRACE, "run", "prog.py"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    headrace(tmp_path, "consume", "out", "--follow", "--max", "1")
    yield process
    process.kill()
    process.communicate()


def test_ctrl_c_stops_in_order(running: subprocess.Popen[str]):
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)

    assert running.returncode == 0
    assert "new=NOT_RUNNING" in err
    assert "stopped: 1 record read" in err


INTERRUPTED_WHILE_LOADING = """
import sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "headrace.app.application":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from headrace_command import main
main()
"""


def test_ctrl_c_while_the_command_is_being_loaded_ends_it_without_a_traceback():
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING, "--version"], capture_output=True, text=True, timeout=60, check=False
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "interrupted\n")


def test_the_installed_command_is_the_one_that_can_be_interrupted():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    assert scripts == {"headrace": "headrace_command:main"}


def test_stores_are_read_beside_the_application(running: subprocess.Popen[str], tmp_path: Path):
    assert headrace(tmp_path, "stores", "get", "prog.py", "counts", "a").split("\t")[:2] == ["a", "1"]

    headrace(tmp_path, "produce", "in", stdin="a\tx\n")
    headrace(tmp_path, "consume", "out", "--follow", "--from", "1", "--max", "1")

    # The commit that showed the record on the topic writes the store right after; the changelog has it at once.
    changelog = headrace(tmp_path, "stores", "get", "prog.py", "counts", "a", "-o", "engine=memory")
    assert changelog.split("\t")[1] == "2"
    assert running.poll() is None


def test_a_second_owner_is_refused(running: subprocess.Popen[str], tmp_path: Path):
    for command in (["run", "prog.py"], ["reset", "prog"], ["groups", "reset", "prog", "--to", "end"]):
        said = headrace(tmp_path, *command, code=1)
        assert str(running.pid) in said


def test_follow_ends_by_ctrl_c_and_keeps_its_positions(tmp_path: Path):
    headrace(tmp_path, "topics", "create", "t")
    headrace(tmp_path, "produce", "t", stdin="one\ntwo\n")
    command = [*HEADRACE, "consume", "t", "--follow", "--group", "g"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [process.stdout.readline().split("\t")[3].strip() for _ in range(2)] == ["one", "two"]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)

    assert process.returncode == 0
    assert headrace(tmp_path, "consume", "t", "--group", "g") == ""


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path):
    headrace(tmp_path, "topics", "create", "t")
    headrace(tmp_path, "produce", "t", stdin="".join(f"{number}\n" for number in range(20_000)))
    process = subprocess.Popen([*HEADRACE, "consume", "t"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, b"")


def test_the_way_of_a_newcomer(tmp_path: Path):
    """What the README of a new project says."""
    headrace(tmp_path, "new", "shop")
    project = tmp_path / "shop"
    pytest_command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tested = subprocess.run(pytest_command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert tested.returncode == 0, tested.stdout
    headrace(project, "topics", "create", "lines")
    headrace(project, "produce", "lines", "--timestamp", "1970-01-01T00:00:30Z", stdin="to be or not to be\n")
    headrace(project, "run", ".", "--until-end")

    counts = [line.split("\t")[2:] for line in headrace(project, "consume", "word-counts").splitlines()]
    minutes = [line.split("\t")[2:] for line in headrace(project, "consume", "words-per-minute").splitlines()]
    assert counts == [["to", "2"], ["be", "2"], ["or", "1"], ["not", "1"]]
    assert minutes[0] == ["to [1970-01-01T00:00:00.000Z]", "2"]
    assert headrace(tmp_path, "stores", "get", "shop", "word-counts", "be").startswith("be\t2\t")
