"""Commands that pages show print what the pages show. Run by a real shell in an empty folder that has the page's files."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.markdown import blocks, commands
from support.source_tree import ROOT, pages

WITH_COMMANDS = [page for page in pages() if blocks(page, "console")]


def comparable(text: str) -> str:
    """Without what differs from run to run: durations, blanks at line ends."""
    text = re.sub(r"\b\d+\.\d+ ?s\b", "N s", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def run(command: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HEADRACE_", "PYTEST_"))}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment |= {"COLUMNS": "80", "NO_COLOR": "1"}
    shell = ["bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(
        shell, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100, check=False
    )
    return done.stdout.decode()


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path):
    for block in blocks(page):
        if block.title is not None:
            (tmp_path / block.title).write_text(block.text)
        for command in commands(block) if block.language == "console" else ():
            printed = comparable(run(command.text, tmp_path))
            assert printed == comparable(command.output), f"{page.name}:{command.line}: {command.text}"


def test_the_readme_is_among_the_pages():
    assert ROOT / "README.md" in WITH_COMMANDS
