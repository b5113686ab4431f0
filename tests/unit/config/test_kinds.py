from datetime import timedelta
from pathlib import Path

import pytest

from headrace.config.kinds import NAME, PATH, SIZE, TEXT, TRUTH, choice, duration, integer, names

ENGINE = choice("rocksdb", "memory", synonyms={"in_memory": "memory"})
RULES = names("a.b", "c.d")


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (duration(), "5s", 5000),
        (duration(), "1.5s", 1500),
        (duration(), timedelta(minutes=2), 120_000),
        (duration(), 250, 250),
        (duration(), "250", 250),
        (duration(minimum=-1), "-1", -1),
        (SIZE, "256MB", 256_000_000),
        (SIZE, "256 MB", 256_000_000),
        (SIZE, "1GiB", 2**30),
        (SIZE, "64k", 64_000),
        (SIZE, "1.5MB", 1_500_000),
        (SIZE, 4096, 4096),
        (SIZE, "4096", 4096),
        (integer(0), "7", 7),
        (integer(-1), -1, -1),
        (TRUTH, "Yes", True),
        (TRUTH, "off", False),
        (TRUTH, 0, False),
        (TRUTH, True, True),
        (TEXT, " a:1 ", "a:1"),
        (TEXT, ["a:1", "b:2"], "a:1,b:2"),
        (NAME, "my.app-1", "my.app-1"),
        (PATH, "data", Path("data")),
        (PATH, "~/x", Path.home() / "x"),
        (ENGINE, "in_memory", "memory"),
        (RULES, "c.d, a.b", ("a.b", "c.d")),
        (RULES, ["c.d"], ("c.d",)),
        (RULES, "all", ("a.b", "c.d")),
        (RULES, "none", ()),
    ],
)
def test_reads_a_value_in_any_form_and_itself(kind, given, value):
    assert kind.parse(given) == value
    assert kind.parse(value) == value


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (duration(), "5 parsecs", "'5 parsecs' is no duration"),
        (duration(), -1, "expected at least 0, got -1"),
        (duration(minimum=60_000), "5s", "expected at least 1m, got '5s'"),
        (duration(), True, "expected a duration"),
        (duration(), float("inf"), "expected a duration that ends"),
        (duration(), float("nan"), "NaN"),
        (SIZE, "256 apples", "expected a size"),
        (SIZE, -1, "expected a size"),
        (SIZE, True, "expected a size"),
        (integer(1), 0, "expected at least 1, got 0"),
        (integer(1), "many", "expected a whole number"),
        (integer(1), 1.5, "expected a whole number"),
        (integer(1), True, "expected a whole number"),
        (TRUTH, "maybe", "expected true or false"),
        (TEXT, "  ", "expected text"),
        (NAME, "my app", "'my app' is not a name: use letters"),
        (PATH, 5, "expected a path"),
        (ENGINE, "rocks", "expected 'rocksdb' or 'memory', got 'rocks'"),
        (RULES, "a.b,x", "expected some of a.b, c.d, or 'none' or 'all', got 'a.b,x'"),
        (RULES, "none,a.b", "expected some of"),
        (RULES, 5, "expected some of"),
    ],
)
def test_says_what_was_expected(kind, given, message):
    with pytest.raises(ValueError, match=message):
        kind.parse(given)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (duration(), 5000, "5s"),
        (duration(), 86_400_000, "1d"),
        (duration(), 1500, "1500ms"),
        (duration(), 0, "0"),
        (SIZE, 256_000_000, "256MB"),
        (SIZE, 1024, "1024"),
        (SIZE, 0, "0"),
        (TRUTH, True, "true"),
        (RULES, (), "none"),
        (RULES, ("a.b", "c.d"), "a.b,c.d"),
    ],
)
def test_shows_a_value_as_a_user_would_write_it(kind, value, shown):
    assert kind.show(value) == shown
    assert kind.parse(shown) == value
