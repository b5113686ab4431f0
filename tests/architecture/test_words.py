"""Words that do not belong into the project: places of one machine, junk drawers, second names for one thing."""

import re
from pathlib import Path

import pytest

from support.source_tree import ROOT, SOURCE, pages, source_files, tracked_files

MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/\w|[A-Z]:\\\\?Users")
JUNK_DRAWERS = {"utils", "util", "helpers", "helper", "misc", "common"}
SYNONYMS = {
    "watermark": "stream time",
    "dataframe": "stream or table",
    "late-arriving": "late",
    "state backend": "engine",
    "key/value": "key-value",
    "subtopology": "sub-topology",
}


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_place_on_somebody_s_machine():
    found = {}
    for path in tracked_files():
        hits = MACHINE_PATHS.findall(text_of(path))
        if hits and path != Path(__file__):
            found[str(path.relative_to(ROOT))] = hits
    assert found == {}


def test_no_module_is_a_junk_drawer():
    assert [path for path in source_files() if path.stem in JUNK_DRAWERS or path.parent.name in JUNK_DRAWERS] == []


def test_folders_of_the_library_have_an_init_with_a_purpose():
    folders = {path.parent for path in source_files()}
    silent = [str(folder.relative_to(ROOT)) for folder in folders if not text_of(folder / "__init__.py").startswith('"""')]
    assert silent == []
    assert SOURCE in folders


@pytest.mark.parametrize("word", SYNONYMS)
def test_prose_uses_one_word_for_one_thing(word):
    found = [
        str(path.relative_to(ROOT)) for path in pages() if re.search(rf"\b{re.escape(word)}", text_of(path), re.IGNORECASE)
    ]
    assert found == [], f"say {SYNONYMS[word]!r}"
