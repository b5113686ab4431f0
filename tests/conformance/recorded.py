"""Where the recorded cases are: in the folder HEADRACE_SHARED names (default: ../shared beside the checkout), else here."""

import os
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_SHARED = Path(os.environ.get("HEADRACE_SHARED", ROOT.parent / "shared")) / "conformance" / "streams"
CASES = _SHARED if (_SHARED / "cases-dev.jsonl").exists() else HERE / "streams"
