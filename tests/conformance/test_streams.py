"""The recorded cases of Kafka Streams, through the adapter, with both kinds of store."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import CASES, HERE

REFUSED = {"h-papi-dynamic-sink"}
"""It writes to a topic named `out-{`. Kafka's test driver takes any name; no broker does, and we refuse it."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", ["memory", "rocksdb"])
def test_gives_the_recorded_results(engine: str, tmp_path: Path) -> None:
    adapter = f"{sys.executable} {HERE / 'streams_adapter.py'}"
    report = tmp_path / "report.json"
    command = [sys.executable, str(CASES / "runner.py"), "--adapter", adapter, "--cases", str(CASES / "cases-dev.jsonl")]
    command += ["--report", str(report)]
    environment = {**os.environ, "HEADRACE_CONFORMANCE_ENGINE": engine}
    if os.access("/dev/shm", os.W_OK):
        environment["TMPDIR"] = "/dev/shm"  # thousands of short-lived databases need no disk
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    result = json.loads(report.read_text())
    failed = {case["id"] for case in result["cases"] if case["result"] == "failed"}
    assert failed == REFUSED, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert result["unsupported"] == 0
    assert result["passed"] >= 2085
