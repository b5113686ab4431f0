"""`headrace topology`: what a program does, as text or as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from headrace.cli.command import Group
from headrace.cli.data import data_option
from headrace.cli.printing import json_option, print_json
from headrace.cli.program import load_program, target_options
from headrace.topology.describe import describe as describe_topology
from headrace.topology.draw_mermaid import draw_mermaid
from headrace.topology.draw_svg import draw_svg
from headrace.topology.physical import ProcessorNode, SinkNode, SourceNode, Topology, TopologyNode


@click.group(
    cls=Group,
    examples="""
        headrace topology describe .
        headrace topology draw wordcount.py -f wordcount.svg
    """,
)
def command() -> None:
    """Describe or draw what a program does. Nothing is run."""


@command.command(examples="headrace topology describe wordcount.py:build")
@target_options
@json_option
@data_option
def describe(target: str, app_id: str | None, options: tuple[str, ...], as_json: bool, data: Path | None) -> None:
    """Print the sub-topologies, processors, stores and topics of TARGET, as Kafka Streams describes them."""
    topology = load_program(target, data, app_id, options).topology
    if as_json:
        print_json(_document(topology))
    else:
        click.echo(describe_topology(topology).rstrip())


@command.command(
    examples="""
        headrace topology draw wordcount.py --output wordcount.svg
        headrace topology draw wordcount.py -f wordcount.mmd
        headrace topology draw wordcount.py --mermaid
    """
)
@target_options
@click.option(
    "-f",
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    help="Write to this file.  [default: print]",
)
@click.option("--mermaid", is_flag=True, help="Draw as Mermaid text instead of SVG; so does a file named .mmd.")
@data_option
def draw(target: str, output: TextIO, mermaid: bool, app_id: str | None, options: tuple[str, ...], data: Path | None) -> None:
    """Draw TARGET as a picture: sub-topologies as boxes, topics outside of them, stores beside their processors."""
    topology = load_program(target, data, app_id, options).topology
    as_text = mermaid or output.name.endswith(".mmd")
    drawing = draw_mermaid(topology) if as_text else draw_svg(topology)
    output.write(drawing.rstrip() + "\n")


def _document(topology: Topology) -> dict[str, object]:
    return {
        "subtopologies": [
            {
                "id": part.id,
                "nodes": [_node(topology, topology.nodes[name]) for name in part.nodes],
                "stores": list(part.stores),
            }
            for part in topology.subtopologies
        ],
        "global_stores": [
            {"store": found.store.name, "topic": found.source.topics[0], "processor": found.processor.name}
            for found in topology.global_stores
        ],
        "internal_topics": list(topology.internal_topics),
    }


def _node(topology: Topology, node: TopologyNode) -> dict[str, object]:
    document: dict[str, object] = {"name": node.name, "children": list(topology.children.get(node.name, ()))}
    match node:
        case SourceNode():
            pattern = None if node.pattern is None else node.pattern.pattern
            document |= {"kind": "source", "topics": list(node.topics), "pattern": pattern}
        case ProcessorNode():
            document |= {"kind": "processor", "operator": type(node.operator).__name__, "stores": list(node.stores)}
        case SinkNode():
            document |= {"kind": "sink", "topic": node.topic if isinstance(node.topic, str) else None}
    return document | {"line": node.line}
