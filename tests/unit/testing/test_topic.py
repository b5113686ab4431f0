from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from headrace import Consumed, Produced, StreamsBuilder
from headrace.core.errors import DecodeError, EncodeError
from headrace.testing import Row, TestDriver


@dataclass
class Click:
    user: str
    n: int = 0


@pytest.fixture
def driver() -> Iterator[TestDriver]:
    """Records of `clicks` go to `copy`, those of `numbers` to `doubled`."""
    builder = StreamsBuilder()
    builder.stream("clicks", Consumed(key=str, value=Click)).to("copy", Produced(key=str, value=Click))
    doubled = builder.stream("numbers", Consumed(key=int, value=int)).map_values(lambda n: n * 2)
    doubled.to("doubled", Produced(key=int, value=int))
    with TestDriver(builder.build()) as driver:
        yield driver


def test_rows_are_equal_to_tuples(driver: TestDriver):
    driver.topic("numbers").pipe(1, 2, 3)

    assert driver.topic("doubled").rows() == [(1, 4, 3, ())]
    assert Row(1, 4, 3) == (1, 4, 3, ())


def test_reading_goes_on_where_it_stopped(driver: TestDriver):
    driver.topic("numbers").pipe_all([(1, 1), (2, 2), (3, 3, 7)])
    doubled = driver.topic("doubled")

    assert doubled.queue_size == 3
    assert doubled.read_value() == 2
    assert doubled.read_key_value() == (2, 4)
    assert doubled.read() == (3, 6, 7, ())
    assert doubled.is_empty
    assert doubled.rows() == []


def test_an_empty_topic_cannot_be_read(driver: TestDriver):
    with pytest.raises(LookupError, match="no more records in topic 'doubled'"):
        driver.topic("doubled").read()


def test_asking_for_a_topic_again_gives_the_same(driver: TestDriver):
    driver.topic("numbers").pipe_all([(1, 1), (2, 2)])
    driver.topic("doubled").read()

    assert driver.topic("doubled", value=bytes).values() == [(4).to_bytes(8, "big")]
    assert driver.topic("doubled") is driver.topic("doubled")


def test_what_the_test_has_piped_is_not_read_back(driver: TestDriver):
    driver.topic("numbers").pipe(1, 1)

    assert driver.topic("numbers").is_empty


def test_keys_and_values_may_be_none(driver: TestDriver):
    driver.topic("clicks").pipe("a", None)
    driver.topic("clicks").pipe_values([Click("u")])

    assert driver.topic("copy").key_values() == [("a", None), (None, Click("u"))]


def test_timestamps_advance_by_themselves_if_told(driver: TestDriver):
    numbers = driver.topic("numbers").advancing(100, "10ms")
    numbers.pipe(1, 1)
    numbers.pipe(1, 1, timestamp=5)
    numbers.pipe(1, 1)

    assert [row.timestamp for row in driver.topic("doubled").rows()] == [100, 5, 110]


def test_a_map_has_the_last_value_of_each_key(driver: TestDriver):
    driver.topic("clicks").pipe_all([("a", Click("x")), ("b", Click("y")), ("a", None)])

    assert driver.topic("copy").to_map() == {"a": None, "b": Click("y")}


def test_pipes_a_table(driver: TestDriver):
    driver.topic("clicks").pipe_table("""
        key | @        | user | n
        a   | 00:00:01 | x    | 1
        b   | 00:00:02 | y    |
    """)

    assert driver.topic("copy").rows() == [("a", Click("x", 1), 1_000, ()), ("b", Click("y"), 2_000, ())]


def test_cells_of_keys_and_values_are_read_by_the_formats(driver: TestDriver):
    driver.topic("numbers").pipe_table("key | value\n7 | 21")

    assert driver.topic("doubled").key_values() == [(7, 42)]


def test_compares_with_a_table(driver: TestDriver):
    driver.topic("clicks").pipe_all([("a", Click("x", 1), 5), ("b", None, 6)])

    driver.topic("copy").expect_table("""
        key | @ | value
        a   | 5 | {"user": "x", "n": 1}
        b   | 6 | -
    """)


def test_compares_without_times_if_the_table_has_none(driver: TestDriver):
    driver.topic("clicks").pipe("a", Click("x", 1), 5)

    driver.topic("copy").expect_table("key | user | n\na | x | 1")


@pytest.mark.parametrize(
    "table", ["key | value\n1 | 3", "key | value\n1 | 2\n1 | 2", "key | @ | value\n1 | 9 | 2", "key | value\n"]
)
def test_shows_both_where_a_table_differs(driver: TestDriver, table: str):
    driver.topic("numbers").pipe(1, 1, 5)

    with pytest.raises(AssertionError, match=r"(?s)topic 'doubled' holds other records.*expected:.*found:.*\(1, 2, "):
        driver.topic("doubled").expect_table(table)


def test_a_value_that_does_not_fit_is_told_with_format_and_topic(driver: TestDriver):
    with pytest.raises(EncodeError, match=r"(?s)key 'one' cannot be written to topic 'numbers' as Int64.*driver\.topic"):
        driver.topic("numbers").pipe("one", 1)


def test_bytes_that_do_not_fit_are_told_with_format_and_topic(driver: TestDriver):
    driver.topic("numbers").pipe(1, 1)

    with pytest.raises(DecodeError, match=r"a value of topic 'doubled' cannot be read as Json\(Click\)"):
        driver.topic("doubled", value=Click).read()
