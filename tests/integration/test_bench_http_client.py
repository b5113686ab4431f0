"""The client that measures answers over HTTP."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.http_client import HttpClient


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.path.encode() * 50_000  # more than one segment
        self.send_response(404 if self.path == "/nothing" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_answers_come_whole_with_the_time_of_their_arrival(port):
    with HttpClient(port) as client:
        first, missing = client.get("/a"), client.get("/nothing")
    assert (first.status, first.body) == (200, b"/a" * 50_000)
    assert (missing.status, missing.body) == (404, b"/nothing" * 50_000)
    assert first.ms > 0
    assert missing.ms > 0


def test_end_of_a_connection_is_an_error(port):
    with HttpClient(port) as client:
        client._socket.shutdown(2)
        with pytest.raises(ConnectionError):
            client.get("/a")
