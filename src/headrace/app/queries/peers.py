"""Other instances, asked over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from headrace.app.queries.wire import FORWARD_PATH, FORWARDED, Answer, Question
from headrace.core import errors
from headrace.core.errors import ConfigurationError, HeadraceError, RebalancingError
from headrace.core.identifiers import TaskId

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 5.0
"""How long another instance may take to answer. One that does not is one that has gone away."""

ANSWER_TYPE = "application/msgpack"
_TYPED = {"RebalancingError", "UnknownStoreError", "StateError", "ConfigurationError"}


@dataclass(frozen=True, slots=True)
class Call:
    """One question to one instance, ready to be sent."""

    url: str
    content: bytes
    headers: dict[str, str]


def call(url: str, question: Question, tasks: Iterable[TaskId]) -> Call:
    """A question to an instance about some of its tasks."""
    narrowed = msgspec.structs.replace(question, tasks=tuple(tasks))
    headers = {"content-type": ANSWER_TYPE, FORWARDED: "1"}
    return Call(url.rstrip("/") + FORWARD_PATH, msgspec.msgpack.encode(narrowed), headers)


def answered(url: str, status: int, body: bytes) -> Answer:
    """What an instance has said.

    Raises:
        HeadraceError: It has refused; of the type that it refused with.
    """
    try:
        if status == 200:
            return msgspec.msgpack.decode(body, type=Answer)
        refusal: dict[str, Any] = msgspec.json.decode(body, type=dict)
    except msgspec.MsgspecError as error:
        message = f"{url} is no query server of this application: it answered with status {status}"
        raise RebalancingError(message, hint="look at the option advertise of the instances") from error
    kind = refusal.get("error", "")
    cls: type[HeadraceError] = getattr(errors, kind) if kind in _TYPED else RebalancingError
    message = f"{refusal.get('message', f'status {status}')} (said by {url})"
    raise cls(message, hint=refusal.get("hint"))


def away(url: str, error: Exception) -> RebalancingError:
    """For an instance that cannot be reached."""
    message = f"{url} does not answer ({type(error).__name__}): the group will rebalance"
    return RebalancingError(message, hint="try again")


class Peers:
    """Asks other instances, one call after the other, from any thread."""

    def __init__(self) -> None:
        self._client: httpx.Client | None = None

    def ask(self, url: str, question: Question, tasks: Iterable[TaskId]) -> Answer:
        """The answer of an instance.

        Raises:
            RebalancingError: It cannot be reached.
            HeadraceError: It refuses.
        """
        try:
            import httpx  # noqa: PLC0415 - only those who have other instances need it
        except ImportError as error:
            message = "to ask other instances httpx is needed, which is not installed"
            raise ConfigurationError(message, hint="pip install 'headrace[serve]'") from error
        if self._client is None:
            self._client = httpx.Client(timeout=TIMEOUT_S)
        sent = call(url, question, tasks)
        try:
            response = self._client.post(sent.url, content=sent.content, headers=sent.headers)
        except httpx.HTTPError as error:
            raise away(url, error) from error
        return answered(url, response.status_code, response.content)

    def close(self) -> None:
        """Gives up connections."""
        if self._client is not None:
            self._client.close()
            self._client = None


class Patiently:
    """Repeats what a rebalance stands in the way of, for some time.

    Args:
        timeout_s: How long; 0 gives up at once.
    """

    def __init__(self, timeout_s: float) -> None:
        self._until = time.monotonic() + timeout_s
        self._wait_s = 0.02

    def bear(self, error: RebalancingError) -> None:
        """Waits before the next attempt; raises the error when the time is over."""
        if time.monotonic() + self._wait_s > self._until:
            raise error
        time.sleep(self._wait_s)
        self._wait_s = min(0.5, self._wait_s * 2)
