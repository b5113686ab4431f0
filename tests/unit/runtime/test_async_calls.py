import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from headrace.runtime.async_calls import AsyncRunner


def test_calls_run_in_one_thread_of_their_own_that_begins_with_the_first() -> None:
    async def where() -> str:
        return threading.current_thread().name

    runner = AsyncRunner()
    assert not any(thread.name == "headrace-async" for thread in threading.enumerate())
    assert {runner.start(where()).result(60) for _ in range(3)} == {"headrace-async"}
    runner.close()
    assert not any(thread.name == "headrace-async" for thread in threading.enumerate())


def test_an_error_is_that_of_the_call() -> None:
    async def fail() -> None:
        raise LookupError

    runner = AsyncRunner()
    with pytest.raises(LookupError):
        runner.start(fail()).result(60)
    runner.close()


def test_closing_cancels_what_is_under_way() -> None:
    begun = threading.Event()

    async def wait() -> None:
        begun.set()
        await asyncio.Event().wait()

    runner = AsyncRunner()
    future = runner.start(wait())
    assert begun.wait(60)
    runner.close()
    with pytest.raises(CancelledError):
        future.result(60)


def test_closing_what_never_began_or_has_ended_does_nothing() -> None:
    runner = AsyncRunner()
    runner.close()
    runner.close()


def test_a_runner_that_was_closed_begins_anew() -> None:
    async def five() -> int:
        return 5

    runner = AsyncRunner()
    assert runner.start(five()).result(60) == 5
    runner.close()
    assert runner.start(five()).result(60) == 5
    runner.close()
