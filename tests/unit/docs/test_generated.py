"""Pages and pictures that are made from the code are up to date."""

import importlib.util
from types import ModuleType

import pytest

import headrace
from support.source_tree import ROOT

SCRIPT = ROOT / "docs" / "generate.py"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("headrace_docs_generate", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FILES = {str(path.relative_to(ROOT)): text for path, text in generator().generated().items()}


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_code_says(name):
    assert (ROOT / name).read_text(encoding="utf-8") == FILES[name], "run: .venv/bin/python docs/generate.py"


def test_the_page_of_names_has_all_of_them():
    page = FILES["docs/reference/api.md"]
    assert [name for name in headrace.__all__ if f"`{name}`" not in page and not name.endswith("Error")] == []
