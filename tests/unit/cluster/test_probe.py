"""The answers are made by the protocol's description; tests/integration/kafka asks real brokers."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from headrace.cluster.probe import live_brokers


def text(value: str | None) -> bytes:
    return struct.pack(">h", -1) if value is None else struct.pack(">h", len(value)) + value.encode()


def answer(*brokers: tuple[int, str | None], cluster: str | None = "this") -> bytes:
    """Correlation id, brokers, the cluster's id, controller, no topics."""
    rows = b"".join(
        struct.pack(">i", number) + text("localhost") + struct.pack(">i", 9092) + text(rack) for number, rack in brokers
    )
    body = struct.pack(">ii", 0, len(brokers)) + rows + text(cluster) + struct.pack(">ii", 1, 0)
    return struct.pack(">i", len(body)) + body


@pytest.fixture
def serve() -> Iterator[Callable[[bytes], int]]:
    """A server that answers one request with these bytes and closes; its port."""
    threads: list[threading.Thread] = []

    def start(reply: bytes) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        port: int = server.getsockname()[1]

        def run() -> None:
            with server, server.accept()[0] as connection:
                connection.recv(1024)
                connection.sendall(reply)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return port

    yield start
    for thread in threads:
        thread.join()


def test_reads_the_ids_of_brokers_with_and_without_racks(serve: Callable[[bytes], int]):
    assert live_brokers(serve(answer((1, None), (2, "rack-b"), (3, None)))) == {1, 2, 3}


def test_a_cluster_that_has_not_formed_has_no_brokers(serve: Callable[[bytes], int]):
    assert live_brokers(serve(answer())) == frozenset()


@pytest.mark.parametrize(("cluster", "expected"), [("this", {1}), ("another", set()), (None, set())])
def test_brokers_of_another_cluster_do_not_count(serve: Callable[[bytes], int], cluster: str | None, expected: set[int]):
    assert live_brokers(serve(answer((1, None), cluster=cluster)), cluster_id="this") == expected


@pytest.mark.parametrize("reply", [b"", b"\0\0", answer((1, None))[:-20], b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\1\0"])
def test_whoever_answers_otherwise_is_no_broker(serve: Callable[[bytes], int], reply: bytes):
    assert live_brokers(serve(reply)) == frozenset()


def test_nobody_there_is_no_broker():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert live_brokers(port) == frozenset()


def test_somebody_who_stays_silent_is_no_broker():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert live_brokers(server.getsockname()[1], timeout_s=0.05) == frozenset()
