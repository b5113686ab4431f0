import pytest

from headrace.core import remembered
from headrace.core.remembered import Remembered


def test_a_function_is_asked_once_for_each_argument():
    asked = []
    found = Remembered(lambda argument: asked.append(argument) or argument * 2)
    assert [found[number] for number in (1, 2, 1, 2)] == [2, 4, 2, 4]
    assert asked == [1, 2]


def test_what_it_raises_is_not_remembered():
    asked = []

    def fail(argument):
        asked.append(argument)
        raise ValueError(argument)

    found = Remembered(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="7"):
            found[7]
    assert asked == [7, 7]


def test_it_begins_anew_at_its_bound(monkeypatch):
    monkeypatch.setattr(remembered, "_MOST", 2)
    found = Remembered(str)
    assert [found[number] for number in (1, 2, 3)] == ["1", "2", "3"]
    assert list(found) == [3]
