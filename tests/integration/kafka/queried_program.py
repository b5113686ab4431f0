"""One instance of an application that is asked, run by test_random_queries.py as a process of its own until it is killed.

usage: queried_program.py BOOTSTRAP FOLDER STANDBYS

Where it answers stands in the file `url` of its folder once it runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from headrace import App, Consumed, Materialized, StreamsBuilder, Topology
from headrace.app.states import AppState

SESSION_MS = "6000"


def counting() -> Topology:
    builder = StreamsBuilder()
    builder.stream("clicks", Consumed(key=str, value=bytes)).group_by_key().count(Materialized("counts"))
    return builder.build()


def main(bootstrap: str, folder: str, standbys: str) -> None:
    app = App(
        "app",
        counting(),
        bootstrap=bootstrap,
        data_dir=Path(folder),
        serve="127.0.0.1:0",
        commit_interval="100ms",
        standby_replicas=int(standbys),
        kafka={"session.timeout.ms": SESSION_MS},
    )

    def tell(new: AppState, _: AppState) -> None:
        if new is AppState.RUNNING:
            (Path(folder) / "url").write_text(str(app.url))

    app.on_state(tell)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
