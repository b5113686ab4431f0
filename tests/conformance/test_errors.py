"""Recorded cases that must fail: in the same phase, at the same step, with the error that stands for Kafka Streams' own."""

import json
from pathlib import Path
from typing import Any

import pytest
from case_builder import build_topology
from streams_adapter import pipe

from headrace import BufferFullError, HeadraceError, ProcessingError, TopologyError, UnknownStoreError
from headrace.testing import TestDriver

CASES = Path(__file__).parent / "streams" / "cases-dev.jsonl"

STANDS_FOR: dict[str, tuple[type[HeadraceError], ...]] = {
    "TopologyException": (TopologyError,),
    "IllegalArgumentException": (TopologyError,),
    "StreamsException": (ProcessingError, BufferFullError, UnknownStoreError, TopologyError),
}

SAYS = {
    "h-suppress-shutdown-limit": "buffer",
    "h-papi-shared-store": "not connected to a store",
    "h-error-dup-topic": "already",
    "h-error-unknown-parent": "names the parent 'nope', which is not there",
    "h-error-wrong-session-emit": "window",
    "h-error-forward-unknown-child": "not among its children",
}
"""What the message must name; each case needs an entry."""


def failing_cases() -> list[dict[str, Any]]:
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    return [case for case in cases if "error" in case["expected"]]


def outcome(case: dict[str, Any]) -> tuple[str, int | None, Exception]:
    """Phase, step and error."""
    try:
        topology = build_topology(case["topology"], lambda topic, key, value: None)
    except Exception as error:
        return "build", None, error
    step = None
    try:
        with TestDriver(topology, emit_interval_ms=case["config"].get("emit_interval_ms", 0)) as driver:
            for step, action in enumerate(case["steps"]):  # noqa: B007 - the except clause tells it
                if "pipe" in action:
                    pipe(driver, action["pipe"])
                elif "advance_wall_clock_ms" in action:
                    driver.advance_wall_clock(action["advance_wall_clock_ms"])
    except Exception as error:
        return "run", step, error
    message = f"{case['id']} did not fail"
    raise AssertionError(message)


@pytest.mark.parametrize("case", failing_cases(), ids=lambda case: case["id"])
def test_fails_where_and_as_recorded(case: dict[str, Any]) -> None:
    expected = case["expected"]["error"]
    phase, step, error = outcome(case)
    assert (phase, step) == (expected["phase"], expected["step"])
    assert type(error) in STANDS_FOR[expected["class"]], repr(error)
    assert SAYS[case["id"]] in str(error)
