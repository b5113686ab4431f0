"""Looking into plans."""

from __future__ import annotations

from typing import TypeVar

import pytest

from headrace.dsl import StreamsBuilder
from headrace.plan.nodes.base import Node

N = TypeVar("N", bound=Node)


class Program(StreamsBuilder):
    """A builder whose plan can be asked for nodes."""

    def all(self, kind: type[N]) -> list[N]:
        """All nodes of a kind, in build order."""
        return [node for node in self.plan().nodes if isinstance(node, kind)]

    def the(self, kind: type[N]) -> N:
        """The only node of a kind."""
        (node,) = self.all(kind)
        return node

    def names(self) -> list[str]:
        """Names of all nodes, in build order."""
        return [node.name for node in self.plan().nodes]


@pytest.fixture
def program() -> Program:
    return Program()
