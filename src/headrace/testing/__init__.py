"""Testing programs without a broker: the real tasks on the memory log, with a clock of the test's own.

`TestDriver` runs a whole topology; `MockProcessorContext` runs a single processor.
"""

from headrace.testing.driver import TestDriver
from headrace.testing.mock_context import Forwarded, MockProcessorContext, MockSchedule
from headrace.testing.topic import Row, TestTopic

__all__ = ["Forwarded", "MockProcessorContext", "MockSchedule", "Row", "TestDriver", "TestTopic"]
