"""Async functions: order, times, limits, retries, errors, commits."""

import asyncio
from typing import Any

import pytest

from headrace import Consumed, Materialized, ProcessingError, Processor, Produced, Record, StreamsBuilder, Topology
from headrace.testing import TestDriver


def shouting(function: Any, **options: Any) -> Topology:
    builder = StreamsBuilder()
    stream = builder.stream("in", Consumed(value=str)).map_values_async(function, **options)
    stream.to("out", Produced(value=str))
    return builder.build()


def test_results_come_in_the_order_and_at_the_times_of_their_records() -> None:
    async def slower_for_earlier(value: str) -> str:
        await asyncio.sleep(0.002 * (10 - int(value)))
        return f"<{value}>"

    with TestDriver(shouting(slower_for_earlier, concurrency=10), caching=True) as driver:
        for number in range(10):
            driver.topic("in").pipe(f"k{number}", str(number), timestamp=number * 7)
        driver.commit()
        rows = driver.topic("out").rows()
    assert [(row.key, row.value, row.timestamp) for row in rows] == [(f"k{n}", f"<{n}>", n * 7) for n in range(10)]


def test_no_more_calls_than_allowed_are_under_way() -> None:
    under_way = 0
    most = 0

    async def counted(value: str) -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return value

    with TestDriver(shouting(counted, concurrency=3), caching=True) as driver:
        for number in range(20):
            driver.topic("in").pipe(None, str(number))
        driver.commit()
    assert 2 <= most <= 3


def test_a_failed_attempt_is_repeated() -> None:
    attempts: list[str] = []

    async def second_time_lucky(value: str) -> str:
        attempts.append(value)
        if attempts.count(value) < 2:
            raise ConnectionError(value)
        return value

    with TestDriver(shouting(second_time_lucky, retries=1)) as driver:
        driver.topic("in").pipe("k", "a")
        assert driver.topic("out").values() == ["a"]
    assert attempts == ["a", "a"]


def test_a_call_that_takes_too_long_fails_with_the_place_of_its_record() -> None:
    async def never(value: str) -> str:
        await asyncio.Event().wait()
        return value

    place = r"made at \S*test_async_steps\.py:\d+ \(task 0_0, topic 'in', partition 0, offset 0\)"
    said = rf"did not answer within 10 ms; it is called by step 'in-map-values-async', {place}"
    expected = pytest.raises(
        ProcessingError, match=rf"^TimeoutError at \S*test_async_steps\.py:\d+ in never: \S+\.never {said}"
    )
    with TestDriver(shouting(never, timeout="10ms")) as driver, expected:
        driver.topic("in").pipe("k", "a")


def test_the_number_of_attempts_that_took_too_long_is_said() -> None:
    expected = pytest.raises(ProcessingError, match=r"<lambda> did not answer within 1 ms in any of 2 attempts;")
    with TestDriver(shouting(lambda _: asyncio.sleep(60), timeout="1ms", retries=1)) as driver, expected:
        driver.topic("in").pipe("k", "a")


def test_a_time_out_within_the_function_keeps_its_own_message() -> None:
    async def times_out(value: str) -> str:
        message = f"no connection for {value}"
        raise TimeoutError(message)

    expected = pytest.raises(ProcessingError, match=r"^TimeoutError at \S+:\d+ in times_out: no connection for a \(task")
    with TestDriver(shouting(times_out, timeout="10s")) as driver, expected:
        driver.topic("in").pipe("k", "a")


def test_a_function_that_gives_nothing_to_wait_for_is_named() -> None:
    expected = pytest.raises(
        ProcessingError, match=r"<lambda> returned str, which cannot be awaited; step 'in-map-values-async', made at .*offset 0"
    )
    with TestDriver(shouting(lambda value: value)) as driver, expected:
        driver.topic("in").pipe("k", "a")


def test_a_failed_call_goes_the_way_of_the_policy_and_others_go_on() -> None:
    async def picky(value: str) -> str:
        if value == "bad":
            message = "no such thing"
            raise LookupError(message)
        return value

    with TestDriver(shouting(picky), on_process_error="dlq", dlq_topic="dead", caching=True) as driver:
        for value in ("a", "bad", "b"):
            driver.topic("in").pipe("k", value)
        driver.commit()
        assert driver.topic("out").values() == ["a", "b"]
        letter = driver.topic("dead", key=str, value=str).read()
    assert letter.value == "bad"
    assert dict(letter.headers)["__streams.errors.offset"] == b"1"


def test_filter_flat_map_and_foreach() -> None:
    seen: list[tuple[str, str]] = []

    async def long(_key: str, value: str) -> bool:
        return len(value) > 1

    async def letters(value: str) -> list[str]:
        return list(value)

    async def see(key: str, value: str) -> None:
        seen.append((key, value))

    builder = StreamsBuilder()
    words = builder.stream("in", Consumed(value=str)).filter_async(long)
    words.flat_map_values_async(letters).to("letters", Produced(value=str))
    words.foreach_async(see)
    with TestDriver(builder.build()) as driver:
        driver.topic("in").pipe_all([("k", "a"), ("k", "bc")])
        assert driver.topic("letters").values() == ["b", "c"]
    assert seen == [("k", "bc")]


class Place(Processor[str, str, str, str]):
    """Shows what a processor below an async step sees of each record."""

    def process(self, record: Record[str, str]) -> None:
        at = self.context.record_metadata()
        assert at is not None
        seen = f"{record.value}@{at.offset} stream time {self.context.current_stream_time_ms()}"
        self.context.forward(record.with_value(seen))


def test_steps_below_see_the_record_and_stream_time_as_if_it_were_synchronous() -> None:
    async def slow(value: str) -> str:
        await asyncio.sleep(0.001)
        return value

    builder = StreamsBuilder()
    builder.stream("in", Consumed(value=str)).map_values_async(slow).process(Place).to("out", Produced(value=str))
    with TestDriver(builder.build(), caching=True) as driver:
        for number, time in enumerate((5, 9, 7)):
            driver.topic("in").pipe("k", f"v{number}", time)
        driver.commit()
        assert driver.topic("out").values() == ["v0@0 stream time 5", "v1@1 stream time 9", "v2@2 stream time 9"]


def test_a_commit_waits_for_all_results() -> None:
    async def slow(value: str) -> str:
        await asyncio.sleep(0.005)
        return value

    builder = StreamsBuilder()
    stream = builder.stream("in", Consumed(value=str)).map_values_async(slow)
    stream.group_by_key().count(Materialized("counts")).to_stream().to("out")
    with TestDriver(builder.build(), caching=True) as driver:
        for _ in range(5):
            driver.topic("in").pipe("k", "v")
        driver.commit()
        assert driver.topic("out").values() == [5]
        assert driver.store("counts").get("k").value == 5
