"""Testing programs without a broker: the real tasks on the memory log, with a clock of the test's own."""

from headrace.testing.driver import TestDriver
from headrace.testing.topic import Row, TestTopic

__all__ = ["Row", "TestDriver", "TestTopic"]
