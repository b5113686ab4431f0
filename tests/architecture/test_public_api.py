"""What users import: complete, in order, documented, with examples that run."""

import ast
import inspect
from itertools import pairwise

import pytest

import headrace
import headrace.dsl
import headrace.testing
from support.source_tree import source_files

DOORS = [headrace, headrace.testing]

DSL_CLASSES = [getattr(headrace.dsl, name) for name in headrace.dsl.__all__]
BUILDING = [
    each
    for each in DSL_CLASSES
    if each.__module__.startswith("headrace.dsl") and each not in (headrace.Branched, headrace.GlobalKTable)
]


def in_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def public_members(owner: type) -> list[tuple[str, object]]:
    """Methods and properties that users may call, wherever in the library they are defined."""
    found = []
    for name, member in inspect.getmembers(owner):
        function = member.fget if isinstance(member, property) else member
        if not name.startswith("_") and str(getattr(function, "__module__", "")).startswith("headrace"):
            found.append((name, member))
    return found


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_names_are_there_once_and_in_order(door):
    assert [name for name in door.__all__ if not hasattr(door, name)] == []
    assert len(set(door.__all__)) == len(door.__all__)
    assert door.__all__ == sorted(door.__all__, key=in_order)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_class_function_and_method_says_what_it_is_for(door):
    silent = []
    for name in door.__all__:
        thing = getattr(door, name)
        if inspect.isclass(thing):
            own = thing.__doc__ or ""
            # dataclass and NamedTuple write a docstring of their own if there is none
            if not own.strip() or own.startswith(f"{name}("):
                silent.append(name)
            silent += [f"{name}.{method}" for method, member in public_members(thing) if not inspect.getdoc(member)]
        elif inspect.isfunction(thing) and not inspect.getdoc(thing):
            silent.append(name)
    assert silent == []


def test_every_public_constant_has_a_text_below_it():
    documented = set()
    for path in source_files():
        body = ast.parse(path.read_text()).body
        for statement, below in pairwise(body):
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
                documented |= {target.id for target in targets if isinstance(target, ast.Name)}
    constants = {
        name
        for name in headrace.__all__
        if not inspect.isclass(getattr(headrace, name)) and not inspect.isfunction(getattr(headrace, name))
    }
    assert constants - documented == set()


@pytest.mark.parametrize("owner", BUILDING, ids=lambda owner: owner.__name__)
def test_every_operator_has_an_example_that_runs(owner):
    """The doctests run in test_doctests.py; here it is only looked whether there is one."""
    without = [
        name
        for name, member in public_members(owner)
        if inspect.isfunction(member) and ">>>" not in (inspect.getdoc(member) or "")
    ]
    assert without == []


def test_the_operators_are_found():
    """The test above would pass on an empty list."""
    operators = {name for owner in BUILDING for name, member in public_members(owner) if inspect.isfunction(member)}
    assert {"map_values", "group_by", "join", "left_join_on", "suppress", "cogroup", "to"} <= operators
