"""pytest fixtures for programs: installed with the package, nothing to import.

>>> def test_shouts(headrace_driver):  # doctest: +SKIP
...     driver = headrace_driver(build().build())
...     driver.topic("words").pipe("k", "hello")
...     assert driver.topic("loud").read_value() == "HELLO"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from headrace.testing.driver import TestDriver
from headrace.topology.physical import Topology


@pytest.fixture
def headrace_driver() -> Iterator[Callable[..., TestDriver]]:
    """Makes test drivers that are closed at the end of the test; takes what `TestDriver` takes."""
    with ExitStack() as stack:

        def make(topology: Topology, **options: Any) -> TestDriver:
            return stack.enter_context(TestDriver(topology, **options))

        yield make
