"""The Python of all other pages runs, each page from top to bottom."""

import pytest

from support.markdown import blocks
from support.source_tree import ROOT, pages

WITH_PYTHON = [page for page in pages() if page != ROOT / "README.md" and blocks(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_runs_from_top_to_bottom(page, run_page):
    assert run_page(page)
