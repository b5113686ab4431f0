"""The page of metrics lists those that something feeds, as they are declared."""

import re

from headrace.observe.catalogue import CATALOGUE
from support.source_tree import ROOT, source_files

PAGE = ROOT / "docs" / "how-to" / "metrics.md"


def test_the_page_lists_every_metric_that_is_fed_with_its_labels():
    sources = "".join(path.read_text(encoding="utf-8") for path in source_files() if path.name != "catalogue.py")
    fed = {name: found for name, found in CATALOGUE.items() if f'"{name}"' in sources}
    rows = {
        row[1]: (row[2], row[3]) for row in re.finditer(r"^\| `(headrace_\w+)` \| (.*) \| (.*) \|$", PAGE.read_text(), re.M)
    }

    assert rows == {name: (", ".join(f"`{label}`" for label in each.labels) or "none", each.doc) for name, each in fed.items()}
