"""The recorded cases of Kafka Streams, through the adapter, with both kinds of store.

The cases come from the folder `HEADRACE_SHARED` names (default: ../shared beside the checkout) if it is there, else from the
copy in this folder.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("HEADRACE_SHARED", ROOT.parent / "shared")) / "conformance" / "streams"
CASES = SHARED if (SHARED / "cases-dev.jsonl").exists() else HERE / "streams"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", ["memory", "rocksdb"])
def test_gives_the_recorded_results(engine: str) -> None:
    adapter = f"{sys.executable} {HERE / 'streams_adapter.py'}"
    command = [sys.executable, str(CASES / "runner.py"), "--adapter", adapter, "--cases", str(CASES / "cases-dev.jsonl")]
    environment = {**os.environ, "HEADRACE_CONFORMANCE_ENGINE": engine}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines()[-1] == "2086 passed, 0 failed, 0 unsupported", ran.stdout[-6000:] + ran.stderr[-2000:]
