"""The DSL's types as mypy and pyright see them: correct chains have the types they should, wrong ones are refused."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
MARK = "# error"


def mypy_errors(file: Path) -> set[int]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", str(file)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not found.stderr
    return {int(line) for line in re.findall(r":(\d+): error", found.stdout)}


def pyright_errors(file: Path) -> set[int]:
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", str(file)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    diagnostics = json.loads(found.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in diagnostics if each["severity"] == "error"}


def marked(file: Path) -> set[int]:
    return {number for number, line in enumerate(file.read_text().splitlines(), 1) if line.endswith(MARK)}


CHECKERS = pytest.mark.parametrize("errors_of", [mypy_errors, pyright_errors], ids=["mypy", "pyright"])


@CHECKERS
def test_correct_chains_are_accepted_with_their_types(errors_of):
    assert errors_of(HERE / "positive.py") == set()


@CHECKERS
def test_every_wrong_line_is_refused_and_no_other(errors_of):
    file = HERE / "negative.py"
    assert errors_of(file) == marked(file)


def test_there_are_at_least_sixty_wrong_lines():
    assert len(marked(HERE / "negative.py")) >= 60
