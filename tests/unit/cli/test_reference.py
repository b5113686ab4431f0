from pathlib import Path

from headrace.cli.failures import ExitCode
from headrace.cli.reference import render_reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def test_the_page_is_what_the_help_texts_say():
    assert PAGE.read_text(encoding="utf-8") == render_reference(), (
        "run: python -m headrace.cli.reference > docs/reference/cli.md"
    )


def test_the_page_has_every_exit_code():
    for code in ExitCode:
        assert f"\n| {code.value} | " in render_reference()
