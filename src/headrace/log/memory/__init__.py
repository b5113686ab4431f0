"""A complete log in the memory of one process: for tests, and for the TestDriver."""

from headrace.log.memory.log import MemoryLog

__all__ = ["MemoryLog"]
