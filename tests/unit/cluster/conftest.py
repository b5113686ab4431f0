"""Real processes, files and servers; no broker, which is what tests/integration/kafka is for."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from headrace.cluster.broker import Broker
from headrace.cluster.processes import Process, spawn
from headrace.cluster.spec import BrokerSpec


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Nothing on the console."""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A Maven repository: its address, and the folder that it serves."""
    folder = tmp_path / "repository"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Callable[..., tuple[Broker, Process]]]:
    """Makes brokers whose process is a shell script; the script has come to its READY when the function returns."""
    made: list[Process] = []

    def make(number: int, script: str) -> tuple[Broker, Process]:
        broker = Broker(tmp_path / f"broker-{number}", BrokerSpec(number, 20_000 + number * 10))
        broker.folder.mkdir()
        ready = broker.folder / "ready"
        os.mkfifo(ready)  # opening it for reading waits until the script opens it for writing
        command = ["/bin/sh", "-c", script.replace("READY", f"echo > {ready}")]
        process = spawn(command, output=broker.console_file, pid_file=broker.folder / "pid.json")
        made.append(process)
        ready.read_text()
        return broker, process

    yield make
    for process in made:
        process.send(signal.SIGKILL)
        while process.is_alive():
            pass
