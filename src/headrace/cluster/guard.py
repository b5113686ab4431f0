"""Deletes a temporary cluster when the process that made it has ended: `python -m headrace.cluster.guard DIRECTORY`.

The maker holds the other end of the standard input; the kernel closes it when the maker dies, by whatever cause.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from headrace.cluster.cluster import Cluster


def main(directory: Path) -> None:
    """Waits for the end of the input, then removes the cluster. What has been removed already is left alone."""
    sys.stdin.buffer.read()
    if Cluster.exists(directory):
        Cluster(directory).delete()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
