from pathlib import Path

from headrace.config.reference import render_reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"


def test_the_page_is_what_the_declarations_say():
    assert PAGE.read_text(encoding="utf-8") == render_reference(), (
        "run: python -m headrace.config.reference > docs/reference/configuration.md"
    )
