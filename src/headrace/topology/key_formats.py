"""Whether the keys of topics that are joined are written alike: their bytes decide the partition, and so which keys meet."""

from __future__ import annotations

from collections.abc import Mapping

from headrace.core.errors import TopologyError
from headrace.topology.physical import CopartitionGroup, SourceNode, TopologyNode


def check_key_formats(group: CopartitionGroup, nodes: Mapping[str, TopologyNode]) -> None:
    """Compares what is declared. Schemas in a registry are known only when an application starts.

    Raises:
        TopologyError: Two sources of a join read keys of different layouts.
    """
    known = [(node, node.consume.key_format) for node in map(nodes.get, group.sources) if isinstance(node, SourceNode)]
    first = next(((node, form) for node, form in known if form.layout is not None), None)
    for node, form in known:
        if first is None or form.layout is None or form.layout == first[1].layout:
            continue
        at = f" ({group.line})" if group.line else ""
        listed = "; ".join(f"{each.described()} reads {by!r} ({by.layout})" for each, by in (first, (node, form)))
        message = f"{group.reason}{at} needs inputs whose keys are written alike: {listed}"
        hint = "give the same key= to both Consumed(...), and to Joined(...) if keys were changed; else change one side's keys"
        raise TopologyError(message, hint=hint)
