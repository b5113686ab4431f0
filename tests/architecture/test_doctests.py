"""The examples in docstrings run."""

import doctest
from types import ModuleType

import pytest

from support.source_tree import modules

FINDER = doctest.DocTestFinder(exclude_empty=True)


def runs_examples(module: ModuleType) -> bool:
    examples = [example for found in FINDER.find(module) for example in found.examples]
    return any(doctest.SKIP not in example.options for example in examples)


WITH_EXAMPLES = [module for module in modules() if runs_examples(module)]


@pytest.mark.parametrize("module", WITH_EXAMPLES, ids=lambda module: module.__name__.removeprefix("headrace."))
def test_examples_run(module: ModuleType, capsys: pytest.CaptureFixture[str]):
    failed, tried = doctest.testmod(module)
    assert failed == 0, capsys.readouterr().out
    assert tried > 0


def test_there_are_examples_in_every_front_package():
    packages = {module.__name__.split(".")[1] for module in WITH_EXAMPLES if "." in module.__name__}
    assert {"core", "dsl", "plan", "processor", "testing"} <= packages
