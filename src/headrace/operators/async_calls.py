"""Async functions of the user's: several calls under way, results in the order of their records.

A row starts a call and waits in line. Results leave the line from its head only, each with the time and the place of its own
record, so everything below sees them as if each call had been waited for. The line is emptied before each punctuation and
commit: a commit never covers a record whose call is not done.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from headrace.core.functions import name_of
from headrace.core.records import Headers
from headrace.operators.base import HeldRecord, OperatorContext, RowFn


class _Waiting(NamedTuple):
    """One row in line."""

    key: Any
    value: Any
    timestamp: int
    headers: Headers
    record: HeldRecord
    call: Future[Any]


Deliver = Callable[[_Waiting, Any, RowFn], None]


def _mapped(row: _Waiting, result: Any, forward: RowFn) -> None:
    forward(row.key, result, row.timestamp, row.headers)


def _filtered(row: _Waiting, result: Any, forward: RowFn) -> None:
    if result:
        forward(row.key, row.value, row.timestamp, row.headers)


def _flattened(row: _Waiting, result: Any, forward: RowFn) -> None:
    for value in result:
        forward(row.key, value, row.timestamp, row.headers)


def _ended(_row: _Waiting, _result: Any, _forward: RowFn) -> None:
    """Nothing comes after it."""


_DELIVERIES: dict[str, Deliver] = {"map": _mapped, "filter": _filtered, "flat_map": _flattened, "foreach": _ended}


@dataclass(frozen=True, slots=True)
class AsyncCalls:
    """Calls `function` per record: (value), or (key, value) with `with_key`.

    Attributes:
        concurrency: How many calls are under way at once per task.
        timeout_ms: How long one attempt may take; None is no limit.
        retries: How many further attempts a failed one gets, each after `backoff_ms` times its number.
        result: What is made of the result: `map`, `filter`, `flat_map` or `foreach`.
        line: `file:line` of the user's call, for messages.
    """

    needs_metadata: ClassVar[bool] = True
    keeps_value: ClassVar[bool] = False
    function: Callable[..., Awaitable[Any]]
    with_key: bool
    concurrency: int
    timeout_ms: int | None
    retries: int
    backoff_ms: int
    result: str
    line: str = ""

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        line: deque[_Waiting] = deque()
        deliver, forward, outcome, limit = _DELIVERIES[self.result], context.forward, self._outcome, self.concurrency
        step = context.node

        def leave() -> None:
            waiting = line.popleft()
            try:
                result, error = waiting.call.result()
            except Exception as cancelled:
                error = cancelled
            if error is not None:
                waiting.record.fail(error)
                return
            with waiting.record.in_hand():
                deliver(waiting, result, forward)

        def forward_results(*, wait: bool) -> None:
            while line and (wait or line[0].call.done()):
                leave()

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            forward_results(wait=False)
            if len(line) >= limit:
                leave()
            call = context.start_call(outcome(step, key, value))
            line.append(_Waiting(key, value, timestamp, headers, context.hold_record(), call))

        context.on_barrier(forward_results)
        return row

    async def _outcome(self, step: str, key: Any, value: Any) -> tuple[Any, Exception | None]:
        """The result or the error. As a value: asyncio makes new ones of some that are raised, which then have no place."""
        try:
            return await self._attempts(step, key, value), None
        except Exception as error:
            return None, error

    async def _attempts(self, step: str, key: Any, value: Any) -> Any:
        """The result of the first attempt that succeeds; raises what the last one raised."""
        seconds = None if self.timeout_ms is None else self.timeout_ms / 1000
        for number in range(self.retries + 1):
            limit = asyncio.timeout(seconds)
            try:
                async with limit:
                    return await self._call(step, key, value)
            except Exception as error:
                if number == self.retries:
                    if isinstance(error, TimeoutError) and limit.expired():
                        raise self._too_slow(step) from error
                    raise
                await asyncio.sleep(self.backoff_ms * (number + 1) / 1000)
        return None

    def _call(self, step: str, key: Any, value: Any) -> Awaitable[Any]:
        call: Any = self.function(key, value) if self.with_key else self.function(value)
        if not inspect.isawaitable(call):
            given = f"{name_of(self.function)} returned {type(call).__name__}, which cannot be awaited"
            message = f"{given}; {self._where(step)} calls async functions: write `async def`, or use the step without _async"
            raise TypeError(message)
        return call

    def _too_slow(self, step: str) -> TimeoutError:
        late = f"{name_of(self.function)} did not answer within {self.timeout_ms} ms"
        attempts = f" in any of {self.retries + 1} attempts" if self.retries else ""
        return TimeoutError(f"{late}{attempts}; it is called by {self._where(step)}")

    def _where(self, step: str) -> str:
        return f"step {step!r}, made at {self.line}" if self.line else f"step {step!r}"
