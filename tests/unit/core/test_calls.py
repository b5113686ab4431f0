import inspect

import pytest

from headrace.core.calls import explained


@explained(rate="it is the number of records a second", unit="rates have no unit")
def limited(topic, rate, *, burst=1):
    return topic, rate, burst


def test_a_call_that_fits_goes_through() -> None:
    assert limited("a", rate=2) == ("a", 2, 1)
    assert list(inspect.signature(limited).parameters) == ["topic", "rate", "burst"]


@pytest.mark.parametrize(
    ("args", "named", "told"),
    [
        (("a",), {}, "limited() needs rate; it is the number of records a second"),
        ((), {"rate": 1}, "limited() needs topic; limited() takes topic, rate, burst"),
        (
            ("a", 1, 2),
            {},
            "limited() takes 2 arguments without a name; write the others with their names; limited() takes topic,",
        ),
        (("a", 1), {"bust": 2}, "limited() has no argument 'bust'; did you mean burst=...?"),
        (("a", 1), {"unit": "s"}, "limited() has no argument 'unit'; rates have no unit"),
        (("a", 1), {"colour": "s"}, "limited() has no argument 'colour'; limited() takes topic, rate, burst"),
    ],
)
def test_a_call_that_does_not_fit_is_told_how_to_write_it(args, named, told) -> None:
    with pytest.raises(TypeError) as caught:
        limited(*args, **named)
    assert str(caught.value).startswith(told)


def test_an_error_inside_is_left_as_it_is() -> None:
    @explained()
    def failing(value):
        return value + "a"

    with pytest.raises(TypeError, match="unsupported operand"):
        failing(1)
