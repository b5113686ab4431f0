"""One instance of an application with a join, run by test_membership.py as a process of its own, until it is told to stop.

usage: member_program.py BOOTSTRAP FOLDER GUARANTEE SESSION_TIMEOUT_MS STANDBYS
"""

from __future__ import annotations

import sys
from pathlib import Path

from headrace import App, Consumed, JoinWindows, Json, StreamJoined, StreamsBuilder, String, Topology


def joined() -> Topology:
    """Each id comes once on each side, with one key."""
    builder = StreamsBuilder()
    consumed = Consumed(key=String(), value=Json())
    left, right = builder.stream("left", consumed), builder.stream("right", consumed)
    windows = JoinWindows.within("1h", grace="1h")
    stores = StreamJoined(key=String(), left=Json(), right=Json(), name="join", store_name=("this", "other"))
    left.join(right, lambda one, other: [one, other], windows, stores).to("out")
    return builder.build()


def main(bootstrap: str, folder: str, guarantee: str, session_timeout_ms: str, standbys: str) -> None:
    App(
        "app",
        joined(),
        bootstrap=bootstrap,
        data_dir=Path(folder),
        guarantee=guarantee,
        commit_interval="100ms",
        standby_replicas=int(standbys),
        kafka={"session.timeout.ms": session_timeout_ms},
    ).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
