"""Files and functions that fit on a page or a screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

from support.source_tree import ROOT, source_files

LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Names and lengths, without docstrings."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or 0) - first.lineno + 1 if is_text and ast.get_docstring(node) else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - docstring


def test_no_file_is_longer_than_400_lines():
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in source_files()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_50_lines():
    long = {
        f"{path.relative_to(ROOT)}:{name}": lines
        for path in source_files()
        for name, lines in functions(path)
        if lines > LONGEST_FUNCTION
    }
    assert long == {}


def test_the_measure_counts_lines_without_the_docstring(tmp_path: Path):
    file = tmp_path / "sample.py"
    file.write_text('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n')
    assert list(functions(file)) == [("f", 2)]
