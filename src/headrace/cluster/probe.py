"""Asking a broker which brokers it knows to be up: one Metadata request of Kafka's protocol, over a plain socket."""

from __future__ import annotations

import socket
import struct

_METADATA = 3
_VERSION = 2
_NO_TOPICS = 0
_CLIENT = b"headrace-cluster"


def live_brokers(port: int, *, cluster_id: str | None = None, timeout_s: float = 2.0) -> frozenset[int]:
    """Ids of the brokers that the one on this port of localhost takes for alive; empty if it does not answer.

    Args:
        port: Of a broker.
        cluster_id: Kafka's id of the cluster that is meant: brokers of another one on this port count as no answer.
        timeout_s: How long to wait for each part of the answer.

    Source: https://kafka.apache.org/protocol (Metadata, version 2).
    """
    try:
        with socket.create_connection(("localhost", port), timeout=timeout_s) as connection:
            connection.sendall(_request())
            size = struct.unpack(">i", _read(connection, 4))[0]
            ids, found = _brokers(_read(connection, size))
            return frozenset(ids) if cluster_id in (None, found) else frozenset()
    except (OSError, EOFError, struct.error):
        return frozenset()


def _request() -> bytes:
    header = struct.pack(f">hhih{len(_CLIENT)}s", _METADATA, _VERSION, 0, len(_CLIENT), _CLIENT)
    body = struct.pack(">i", _NO_TOPICS)
    return struct.pack(">i", len(header) + len(body)) + header + body


def _read(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _brokers(answer: bytes) -> tuple[list[int], str | None]:
    """After the correlation id come brokers (node id, host, port, and a rack that may be absent), and the cluster's id."""
    count = struct.unpack_from(">i", answer, 4)[0]
    at, ids = 8, []
    for _ in range(count):
        node, host_length = struct.unpack_from(">ih", answer, at)
        at += 6 + host_length + 4
        rack_length = struct.unpack_from(">h", answer, at)[0]
        at += 2 + max(rack_length, 0)
        ids.append(node)
    length = struct.unpack_from(">h", answer, at)[0]
    return ids, answer[at + 2 : at + 2 + length].decode(errors="replace") if length >= 0 else None
