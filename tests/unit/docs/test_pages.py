"""The Python of all other pages runs, each page from top to bottom."""

import inspect

import pytest

from headrace import (
    Consumed,
    Grouped,
    Joined,
    KGroupedStream,
    KGroupedTable,
    KStream,
    KTable,
    Materialized,
    Produced,
    Repartitioned,
    StreamJoined,
    StreamsBuilder,
    TableJoined,
)
from headrace.testing import TestDriver
from support.markdown import blocks
from support.source_tree import ROOT, pages

FOR_MOVERS = ROOT / "docs" / "from-kafka-streams.md"
WITH_PYTHON = [page for page in pages() if page != ROOT / "README.md" and blocks(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_runs_from_top_to_bottom(page, run_page):
    assert run_page(page)


@pytest.mark.parametrize("owner", [KStream, KTable, KGroupedStream, KGroupedTable, StreamsBuilder, TestDriver])
def test_the_page_for_kafka_streams_users_has_every_operator(owner):
    """Methods that only readers of the program need (`plan`) or that are spelt out in a family are there, too."""
    text = FOR_MOVERS.read_text(encoding="utf-8")
    methods = [name for name, member in inspect.getmembers(owner, inspect.isfunction) if not name.startswith("_")]
    assert [name for name in methods if f"`{name}" not in text and f".{name}" not in text] == []


def test_the_page_for_kafka_streams_users_has_every_option_of_operators():
    text = FOR_MOVERS.read_text(encoding="utf-8")
    options = (Consumed, Produced, Grouped, Joined, Materialized, StreamJoined, Repartitioned, TableJoined)
    assert [each.__name__ for each in options if f"`{each.__name__}" not in text] == []
