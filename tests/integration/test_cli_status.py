"""Commands that ask a running application: status, lag, top, pause, resume."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace import App
from headrace.log.embedded import open_log
from support import tasks as bench
from support.command_line import CommandLine
from support.running import counting, make_app
from support.serving import settle, until


@pytest.fixture
def app(cli: CommandLine) -> Iterator[App]:
    log = open_log(Path(".headrace/log"))
    bench.make_topics(log, **{"in": 2, "out": 1})
    bench.write(log, "in", (b"a", b"1", 1_000), (b"b", b"1", 2_000))
    running = make_app(log, Path(".headrace"), counting(), serve="127.0.0.1:0")
    with running:
        running.wait_until_running()
        settle(running)
        until(lambda: [state.lag for state in running.instance.worker.task_states() if state.positions] == [0, 0])
        yield running
    log.close()


def test_the_status_is_a_line_and_a_table(cli: CommandLine, app: App):
    out = cli.ok("status", "--url", app.url).out
    assert out.startswith("app: RUNNING, lag 0 (0.0 s)")
    assert [line.split()[:3] for line in out.splitlines() if line.startswith("0_")] == [
        ["0_0", "active", "RUNNING"],
        ["0_1", "active", "RUNNING"],
    ]
    assert cli.ok("status", "--url", app.url.rpartition(":")[2], "--json").json["application"] == "app"


def test_lag_comes_from_the_server_or_from_the_log(cli: CommandLine, app: App):
    served = cli.ok("lag", "--url", app.url, "--json").json
    assert [(row["topic"], row["partition"], row["lag"]) for row in served] == [("in", 0, 0), ("in", 1, 0)]
    app.close()
    bench.write(app._given_log, "in", (b"c", b"1", 3_000), partition=1)
    stored = {row["partition"]: row for row in cli.ok("lag", "app", "--json").json}
    assert (stored[0]["lag"], stored[0]["lag_seconds"]) == (0, 0.0)
    assert stored[0]["position"] == 2


def test_the_server_is_that_of_the_options(cli: CommandLine, app: App, monkeypatch: pytest.MonkeyPatch):
    assert "which application?" in cli("status").err
    monkeypatch.setenv("HEADRACE_SERVE", app.url.removeprefix("http://"))
    assert cli.ok("status").out.startswith("app: RUNNING")
    assert len(cli.ok("lag", "--json").json) == 2


def test_a_server_that_is_not_there_is_told(cli: CommandLine):
    refused = cli("status", "--url", "127.0.0.1:9")
    assert refused.code == 1
    assert "no application answers at http://127.0.0.1:9" in refused.err
    assert "which application?" in cli("lag").err


def test_top_shows_tasks_and_ends_after_so_many_looks(cli: CommandLine, app: App):
    out = cli.ok("top", "--url", app.url, "--max", "2", "--every", "10ms").out
    assert "app: RUNNING" in out
    assert "records/s" in out
    assert "0_1" in out


def test_top_shows_instances_beside_each_other_and_who_does_not_answer(cli: CommandLine, app: App):
    out = cli.ok("top", "--url", app.url, "--url", "127.0.0.1:9", "--max", "1").out
    lines = [line.strip() for line in out.splitlines()]
    port = app.url.rpartition(":")[2]
    assert lines[0].startswith(f":{port}")
    assert "app: RUNNING" in lines[0]
    assert lines[1].split() == [":9", "no", "answer"]
    assert [line.split() for line in lines if line.startswith("task")] == [["task", f":{port}", ":9"]]
    assert [line.split()[:2] for line in lines if line.startswith("0_")] == [["0_0", "active"], ["0_1", "active"]]


def test_pause_and_resume(cli: CommandLine, app: App):
    assert cli.ok("pause", "--url", app.url).out == "paused\n"
    assert app.paused
    assert "(paused)" in cli.ok("status", "--url", app.url).out
    assert cli.ok("resume", "--url", app.url).out == "resumed\n"
    assert not app.paused
