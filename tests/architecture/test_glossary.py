"""The glossary has every term once, in order, and those that the library's own pages and names use."""

import re

from support.source_tree import ROOT

PAGE = ROOT / "docs" / "reference" / "glossary.md"
TERMS = re.findall(r"^\| \*\*(.+?)\*\* \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

FIELD = """
    application changelog co-partitioned commit extractor foreign key format global table grace late materialized partition
    processor punctuation record repartition topic restore retention session sink source standby store stream stream time
    sub-topology suppress table task tombstone topic topology versioned window
"""


def test_terms_stand_there_once_and_in_order():
    assert sorted(set(TERMS), key=str.lower) == TERMS


def test_the_terms_of_the_field_are_there():
    left = " ".join(FIELD.split())
    for term in sorted(TERMS, key=len, reverse=True):
        left = re.sub(rf"(?<![\w-]){re.escape(term)}(?![\w-])", "", left)
    assert left.split() == []


def test_every_term_is_used_somewhere_else():
    """A term that nobody uses is a second word for something."""
    elsewhere = [path for folder in ("docs", "src") for path in (ROOT / folder).rglob("*") if path.suffix in (".md", ".py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in elsewhere if path != PAGE).lower()
    words = re.sub(r"\s+", " ", text.replace("_", " "))
    assert [term for term in TERMS if not re.search(rf"\b{re.escape(term.lower())}", words)] == []
