"""An instance that counts keys, run by test_standbys.py as a process of its own.

usage: holding_program.py BOOTSTRAP FOLDER

It stops itself (SIGSTOP) with an open transaction, all of whose records are on the brokers, once the file `hold` is in the
folder.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from headrace import App, Materialized, StreamsBuilder, Topology
from headrace.log.kafka.transactions import Transactions

OPTIONS: dict[str, Any] = {
    "commit_interval": "50ms",
    "standby_replicas": 1,
    "kafka": {"session.timeout.ms": "6000"},
}


def counting() -> Topology:
    """Counts keys of `in` in store `n`."""
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n"))
    return builder.build()


def hold_before_commits(mark: Path) -> None:
    commit = Transactions._commit

    def held(self: Transactions, *arguments: Any) -> None:
        self._producer.flush(10)
        if mark.exists():
            os.kill(os.getpid(), signal.SIGSTOP)
        commit(self, *arguments)

    Transactions._commit = held  # type: ignore[method-assign]


def main(bootstrap: str, folder: str) -> None:
    hold_before_commits(Path(folder) / "hold")
    App("app", counting(), bootstrap=bootstrap, data_dir=Path(folder), **OPTIONS).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
