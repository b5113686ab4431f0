"""Every example on the TestDriver. A file without a test here fails the last test."""

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headrace import StreamsBuilder, Windowed
from headrace.testing import TestDriver

FOLDER = Path(__file__).parents[3] / "examples"

Drive = Callable[[str], TestDriver]


def load(name: str):
    """The example as a module that nothing else sees."""
    spec = importlib.util.spec_from_file_location(f"headrace_example_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def drive(headrace_driver) -> Iterator[Drive]:
    def make(name: str) -> TestDriver:
        builder = StreamsBuilder()
        load(name).build(builder)
        return headrace_driver(builder.build())

    yield make


def test_word_count(drive: Drive):
    driver = drive("word_count")
    driver.topic("lines").pipe(None, "To be or not to be")

    assert driver.topic("word-counts").key_values() == [("to", 1), ("be", 1), ("or", 1), ("not", 1), ("to", 2), ("be", 2)]


def test_windowed_count(drive: Drive):
    driver = drive("windowed_count")
    driver.topic("views").pipe_table("""
        key  | at
        home | 1000
        home | 59000
        home | 61000
        home | 2000
        home | 65000
        home | 3000
    """)

    first, second = Windowed("home", 0, 60_000), Windowed("home", 60_000, 120_000)
    assert driver.topic("views-per-minute").key_values() == [(first, 1), (first, 2), (second, 1), (first, 3), (second, 2)]


def test_sessions(drive: Drive):
    driver = drive("sessions")
    minute = 60_000
    for at, page in [(0, "a"), (32 * minute, "b"), (20 * minute, "between")]:
        driver.topic("clicks").pipe("ann", page, timestamp=at)

    assert driver.topic("visits").to_map() == {
        Windowed("ann", 0, 0): None,
        Windowed("ann", 32 * minute, 32 * minute): None,
        Windowed("ann", 0, 32 * minute): ["a", "b", "between"],
    }


def test_enrichment_join(drive: Drive):
    driver = drive("enrichment_join")
    driver.topic("orders").pipe("c1", {"item": "pen"})
    driver.topic("customers").pipe("c1", {"city": "Bern"})
    driver.topic("orders").pipe("c1", {"item": "ink"})

    assert driver.topic("orders-with-city").values() == [{"item": "pen", "city": None}, {"item": "ink", "city": "Bern"}]


def test_foreign_key_join(drive: Drive):
    driver = drive("foreign_key_join")
    driver.topic("products").pipe("p", {"name": "pen", "price": 3})
    driver.topic("orders").pipe("o1", {"product": "p", "quantity": 2})
    driver.topic("orders").pipe("o2", {"product": "p", "quantity": 5})
    driver.topic("products").pipe("p", {"name": "pen", "price": 4})
    driver.topic("orders").pipe("o1", None)

    results = driver.topic("priced-orders").key_values()
    assert [(key, value and value["total"]) for key, value in results] == [
        ("o1", 6),
        ("o2", 15),
        ("o1", 8),
        ("o2", 20),
        ("o1", None),
    ]
    assert driver.store("priced-orders").get("o2").value == {"product": "pen", "total": 20}


def test_suppress_final_results(drive: Drive):
    driver = drive("suppress_final_results")
    readings = driver.topic("readings")
    for at in (0, 30_000, 65_000):
        readings.pipe("s", 1.5, timestamp=at)
    assert driver.topic("final-counts").is_empty

    driver.advance_wall_clock("2s")
    readings.pipe("other", 1.5, timestamp=70_000)

    closed = [(Windowed("s", 0, 60_000), 2)]
    assert driver.topic("final-counts").key_values() == closed
    assert driver.topic("closed-counts").key_values() == closed


def test_split_and_merge(drive: Drive):
    driver = drive("split_and_merge")
    driver.topic("payments").pipe_values([500, -20, 2_000_000])

    assert driver.topic("refunds").values() == [20]
    assert driver.topic("checked-payments").values() == ["500 is fine", "2000000 needs a signature"]


def test_processor_with_punctuation(drive: Drive):
    driver = drive("processor_with_punctuation")
    readings = driver.topic("readings").advancing(start=1_000, by="4s")
    readings.pipe_all([("a", 1), ("a", 2), ("b", 5), ("a", 10)])

    rows = [(row.key, row.value, row.timestamp) for row in driver.topic("summaries").rows()]
    assert rows == [("a", 1, 1_000), ("a", 12, 13_000), ("b", 5, 13_000)]


def test_dedup(drive: Drive):
    driver = drive("dedup")
    hour = 3_600_000
    for at, value in [(0, "first"), (hour, "again"), (26 * hour, "a day later")]:
        driver.topic("events").pipe("id", value, timestamp=at)

    assert driver.topic("unique-events").values() == ["first", "a day later"]


def test_async_enrichment(drive: Drive):
    driver = drive("async_enrichment")
    driver.topic("cities").pipe_values(["Bern", "Basel", "Oz"])

    assert driver.topic("postcodes").values() == ["3011", "4001", "unknown"]


def test_cogroup(drive: Drive):
    driver = drive("cogroup")
    driver.topic("added").pipe_all([("ann", "pen"), ("ann", "ink")])
    driver.topic("removed").pipe("ann", "pen")
    assert driver.topic("baskets").values()[-1] == ["ink"]

    driver.topic("bought").pipe("ann", "all of it")
    assert driver.store("baskets").get("ann").value == []


def test_global_table(drive: Drive):
    driver = drive("global_table")
    driver.topic("countries").pipe("CH", "Switzerland")
    driver.topic("orders").pipe("o1", {"code": "CH"})
    driver.topic("orders").pipe("o2", {"code": "XX"})

    assert [order["country"] for order in driver.topic("orders-with-country").values()] == ["Switzerland", None]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("name", names())
def test_has_a_test_an_entry_in_the_readme_and_under_80_lines(name: str):
    text = (FOLDER / f"{name}.py").read_text()
    assert text.count("\n") < 80
    assert ast.get_docstring(ast.parse(text))
    assert hasattr(sys.modules[__name__], f"test_{name}")
    assert f"`{name}.py`" in (FOLDER / "README.md").read_text()
