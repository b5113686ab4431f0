"""A wrong address of brokers is told in seconds, with the reason."""

import socket
from collections.abc import Iterator

import pytest

from headrace.cli.brokers import require_listener
from headrace.core.errors import LogError
from support.command_line import CommandLine


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_run_says_that_no_broker_can_be_reached(cli: CommandLine, monkeypatch, closed_port):
    monkeypatch.setattr("headrace.cli.brokers._PAUSE_S", 100.0)
    cli.file("prog.py", "def build(builder): builder.stream('in').to('out')\n")

    outcome = cli("run", "prog.py", "-o", f"bootstrap=127.0.0.1:{closed_port}")

    assert outcome.code == 3
    assert f"error: no broker can be reached (127.0.0.1:{closed_port}: Connection refused)\n" in outcome.err
    assert "hint: check the option bootstrap and that Kafka runs; `headrace cluster start`" in outcome.err


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "SASL_SSL://127.0.0.1:{}", "127.0.0.1:{closed}, localhost:{}"])
def test_one_address_that_takes_a_connection_is_enough(listener, closed_port, form):
    require_listener(form.format(listener, closed=closed_port), patience_s=0.0)


def test_the_reason_of_each_address_is_told(closed_port):
    with pytest.raises(LogError, match=rf"\[::1\]:{closed_port}: .*; nowhere.invalid: "):
        require_listener(f"[::1]:{closed_port},nowhere.invalid", patience_s=0.1)
