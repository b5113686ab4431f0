import functools

import pytest

from headrace.core.functions import is_async, is_plain, name_of


def plain(value):
    return value


async def awaited(value):
    return value


class Rules:
    def check(self, value):
        return value

    async def look_up(self, value):
        return value


def test_a_function_is_named_as_the_user_calls_it() -> None:
    assert name_of(functools.partial(functools.partial(Rules().check), 1)) == "Rules.check"
    assert name_of(str.upper) == "str.upper"
    assert name_of(Rules).endswith("Rules")


@pytest.mark.parametrize("function", [plain, Rules().check, len, str.upper, Rules, functools.partial(plain, 1)])
def test_functions_that_are_certainly_plain(function) -> None:
    assert (is_plain(function), is_async(function)) == (True, False)


@pytest.mark.parametrize("function", [awaited, Rules().look_up, functools.partial(awaited, 1)])
def test_functions_that_are_certainly_async(function) -> None:
    assert (is_plain(function), is_async(function)) == (False, True)


@pytest.mark.parametrize("function", [lambda value: awaited(value or 1), functools.wraps(awaited)(lambda value: value)])
def test_functions_that_do_not_tell(function) -> None:
    assert (is_plain(function), is_async(function)) == (False, False)
