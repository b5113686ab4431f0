"""A client that asks over HTTP, one question at a time, and tells when the answer arrived.

The kernel notes the arrival. On a machine whose processors are all busy the client itself would have to wait for one before it
could look at a clock, which says nothing about who has answered.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from dataclasses import dataclass
from typing import Self

_SO_TIMESTAMPNS = 35
"""Of Linux, not among the constants of `socket`; also the type of the message that carries the time."""

_TIMESPEC = struct.Struct("@qq")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_END_OF_HEADERS = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `ms` from before the question was sent to the arrival of the last byte."""

    status: int
    body: bytes
    ms: float


class HttpClient:
    """One connection to a server on this machine.

    Raises:
        OSError: There is none, or the connection has come to its end.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    def get(self, path: str) -> Answer:
        """Asks, and waits for the whole answer."""
        question = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        began = time.time_ns()
        self._socket.sendall(question)
        received = b""
        arrived = size = None
        while size is None or len(received) < size:
            part, notes, _, _ = self._socket.recvmsg(65_536, 64)
            if not part:
                message = "the server has closed the connection"
                raise ConnectionError(message)
            received += part
            for level, kind, data in notes:
                if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                    seconds, nanoseconds = _TIMESPEC.unpack(data)
                    arrived = seconds * 1_000_000_000 + nanoseconds
            size = _size(received)
        assert arrived is not None, "the kernel has not noted when the answer arrived"
        headers, _, body = received.partition(_END_OF_HEADERS)
        return Answer(int(headers.split(b" ", 2)[1]), body, (arrived - began) / 1_000_000)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _size(received: bytes) -> int | None:
    """How many bytes an answer has in all; None as long as its headers are not complete."""
    end = received.find(_END_OF_HEADERS)
    if end < 0:
        return None
    found = _LENGTH.search(received, 0, end + 2)
    return end + len(_END_OF_HEADERS) + (int(found[1]) if found else 0)
