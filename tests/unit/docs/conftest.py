"""Runs the Python of a page as its reader would: from top to bottom, in an empty folder."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.markdown import blocks

RunPage = Callable[[Path], dict[str, Any]]


@pytest.fixture
def run_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[RunPage]:
    """Runs all Python blocks of a page in one namespace and returns it. Titled blocks are files as well; tests are called."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def run(page: Path) -> dict[str, Any]:
        namespace: dict[str, Any] = {"__name__": "page"}
        for block in blocks(page, "python"):
            if block.title is not None:
                (tmp_path / block.title).write_text(block.text)
            known = set(namespace)
            # Line numbers of errors are the page's.
            code = compile("\n" * (block.line - 1) + block.text, str(page), "exec", dont_inherit=True)
            exec(code, namespace)
            for name in set(namespace) - known:
                if name.startswith("test_"):
                    fixtures = inspect.signature(namespace[name]).parameters
                    namespace[name](*(request.getfixturevalue(fixture) for fixture in fixtures))
        return namespace

    yield run
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
