"""What is looked at before a topology is run."""

from __future__ import annotations

from typing import Any

from headrace.core.errors import ConfigurationError, TopologyError
from headrace.topology.physical import SourceNode, Topology


def runnable(topology: Any) -> Topology:
    """The topology itself.

    Raises:
        ConfigurationError: It is something else: a builder that was not built, or a function that takes one.
        TopologyError: It reads nothing.
    """
    if not isinstance(topology, Topology):
        if callable(getattr(topology, "build", None)):
            message = f"a Topology was expected, got a {type(topology).__name__}"
            raise ConfigurationError(message, hint="call .build(): it makes the topology of all that was built")
        name = getattr(topology, "__qualname__", None)
        message = f"a Topology was expected, got {'the function ' + name if name else repr(topology)}"
        hint = "make it first: builder = StreamsBuilder(), build your program on it, and give builder.build()"
        raise ConfigurationError(message, hint=hint)
    if not topology.global_stores and not any(isinstance(node, SourceNode) for node in topology.nodes.values()):
        message = "the program reads no topic, so there is nothing to run"
        raise TopologyError(message, hint='begin with builder.stream("topic"), table("topic") or global_table("topic")')
    return topology
