"""What the command does without a broker; tests/integration/kafka/test_cluster.py starts one."""

import socket
from pathlib import Path

import pytest

from headrace.cli.cluster import _duration_text
from headrace.config import OPTIONS, resolve
from support.command_line import CommandLine


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADRACE_CLUSTER_HOME", str(tmp_path / "cluster"))
    return tmp_path / "cluster"


def test_without_a_cluster_this_is_told(cli: CommandLine, home: Path):
    for arguments in (["status"], ["stop"], ["logs"]):
        outcome = cli("cluster", *arguments)
        assert outcome.code == 1
        assert outcome.err == f"error: there is no cluster in {home}\n  hint: start one: headrace cluster start\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["start", "--ports", "9092,abc"], "'9092,abc' is no list of ports"),
        (["start", "--brokers", "2", "--ports", "9092"], "--ports names 1 port(s) for --brokers 2"),
        (["start", "--property", "retention"], "'retention' is no NAME=VALUE"),
        (["start", "--property", "listeners=x"], "the property listeners of a local cluster cannot be set"),
        (["start", "--heap", "10"], "10 MB is too small"),
        (["stop", "--delete", "--broker", "1"], "--delete deletes the whole cluster"),
    ],
)
def test_wrong_usage_is_told(cli: CommandLine, arguments: list[str], message: str):
    outcome = cli("cluster", *arguments)

    assert outcome.code == 2
    assert message in outcome.err


def test_a_taken_port_is_told_before_anything_is_fetched(cli: CommandLine, home: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = cli("cluster", "start", "--ports", port)

    assert outcome.code == 1
    assert f"another process listens on port {port} (clients of broker 1)" in outcome.err
    rows = cli("cluster", "status", "--json")
    assert rows.code == 1
    assert rows.json == [{"broker": 1, "port": port, "state": "down", "pid": None, "uptime_ms": None, "data_bytes": 0}]

    outcome = cli("cluster", "logs")
    assert "broker 1 has no log yet" in outcome.err
    assert cli.ok("cluster", "stop").err == "broker 1 was not running\n"
    assert "would delete" in cli.ok("cluster", "stop", "--delete", "--dry-run").err
    assert (home / "cluster.json").exists()
    cli.ok("cluster", "stop", "--delete")
    assert not (home / "cluster.json").exists()


def test_the_variable_for_the_directory_is_not_taken_for_a_misspelt_option():
    environment = {"HEADRACE_CLUSTER_HOME": "x"}
    assert "HEADRACE_CLUSTER_HOME" not in {option.environment_name for option in OPTIONS}
    assert resolve({"app_id": "a"}, environment=environment).app_id == "a"


@pytest.mark.parametrize(("ms", "text"), [(900, "0s"), (61_000, "1m 01s"), (3_600_000 * 30, "30h 00m")])
def test_durations_are_told_in_two_units(ms: int, text: str):
    assert _duration_text(ms) == text
