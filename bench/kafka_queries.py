"""How long a key takes over HTTP from an application that is at work."""

from __future__ import annotations

import random
import subprocess
import time

from bench.http_client import HttpClient
from bench.kafka_process import ended, ordered, started
from bench.workloads import CUSTOMERS_OF_STREAMS

STORE = "streams-per-artist"
_PAUSE_S = 0.005
_LONGEST_S = 900.0


def query_times(bootstrap: str, guarantee: str, port: int) -> list[float]:
    """Milliseconds of each answer while W2 runs through its input, in order of their size. One client, one connection.

    Raises:
        AssertionError: There was no answer, or one that was neither a value nor "not there yet".
    """
    uniform = random.Random(7).random
    times: list[float] = []
    with ordered(bootstrap, "w2", guarantee, serve=f"127.0.0.1:{port}") as order, started("finish", order) as process:
        with _connected(port, process) as client:
            while process.poll() is None:
                key = int(uniform() * CUSTOMERS_OF_STREAMS)
                try:
                    answer = client.get(f"/stores/{STORE}/get?key={key}")
                except OSError:
                    break  # it has come to its end
                if answer.status in (200, 404):
                    times.append(answer.ms)
                else:
                    assert answer.status == 503, f"key {key}: {answer.status} {answer.body.decode()}"
                time.sleep(_PAUSE_S)
        ended(process, _LONGEST_S)
    assert times, "there was no answer"
    return sorted(times)


def _connected(port: int, process: subprocess.Popen[str]) -> HttpClient:
    while True:
        assert process.poll() is None, "it ended before it answered"
        try:
            return HttpClient(port)
        except ConnectionRefusedError:
            time.sleep(_PAUSE_S)
