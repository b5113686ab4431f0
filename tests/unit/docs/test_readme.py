"""What the README shows is true: its Python runs, its options are known, its links lead somewhere."""

from pathlib import Path

from headrace.config import OPTIONS
from headrace.config.resolve import resolve
from support.markdown import blocks
from support.source_tree import ROOT

README = ROOT / "README.md"


def test_python_runs_from_top_to_bottom(run_page):
    namespace = run_page(README)
    assert "test_counts_words_in_all_and_per_minute" in namespace


def test_the_file_of_options_is_understood(tmp_path: Path):
    (block,) = blocks(README, "toml")
    file = tmp_path / "headrace.toml"
    file.write_text(block.text)
    config = resolve({}, environment={}, file=file)
    assert config.app_id == "wordcount"
    assert {name for name in (option.name for option in OPTIONS) if config.origin(name).startswith("file")} == {
        "app_id",
        "commit_interval",
        "memory_limit",
        "on_decode_error",
    }
