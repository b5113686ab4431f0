"""How long a key takes over HTTP from an application that is at work."""

from __future__ import annotations

import http.client
import random
import time

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
        connection = _connected(port, process.poll)
        while process.poll() is None:
            key = int(uniform() * CUSTOMERS_OF_STREAMS)
            began = time.perf_counter()
            try:
                connection.request("GET", f"/stores/{STORE}/get?key={key}")
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                break  # it has come to its end
            seconds = time.perf_counter() - began
            if answer.status in (200, 404):
                times.append(seconds * 1000)
            else:
                assert answer.status == 503, f"key {key}: {answer.status} {body.decode()}"
            time.sleep(_PAUSE_S)
        connection.close()
        ended(process, _LONGEST_S)
    assert times, "there was no answer"
    return sorted(times)


def _connected(port: int, code: object) -> http.client.HTTPConnection:
    while True:
        assert code() is None, "it ended before it answered"  # type: ignore[operator]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
        except ConnectionRefusedError:
            time.sleep(_PAUSE_S)
        else:
            return connection
