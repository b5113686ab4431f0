"""Applications that are asked over HTTP."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from headrace import App, Materialized, SessionWindows, StreamsBuilder, Topology, TumblingWindows


def stores() -> Topology:
    """A count, windows, sessions, a versioned table and a global one."""
    builder = StreamsBuilder()
    grouped = builder.stream("in").group_by_key()
    grouped.count(Materialized("n"))
    grouped.windowed_by(TumblingWindows(size=10, grace=0)).count(Materialized("w", retention="1h"))
    grouped.windowed_by(SessionWindows(gap=5, grace=0)).count(Materialized("s", retention="1h"))
    builder.global_table("g", materialized=Materialized("names"))
    return builder.build()


@dataclass
class Site:
    """A running application and who asks it."""

    app: App
    client: httpx.Client

    def get(self, path: str, status: int = 200, **parameters: Any) -> Any:
        response = self.client.get(path, params={name.rstrip("_"): value for name, value in parameters.items()})
        assert response.status_code == status, response.text
        return response.json() if response.headers["content-type"] == "application/json" else response.text


def settle(app: App) -> None:
    while app.lag():
        app.wait("5ms")


def until(condition: Callable[[], object]) -> None:
    """Waits for something that another thread will bring about."""
    pause = threading.Event()
    for _ in range(6_000):
        if condition():
            return
        pause.wait(0.01)
    message = "it never came to that"
    raise AssertionError(message)
