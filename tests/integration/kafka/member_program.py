"""One instance of an application, run by test_membership.py as a process of its own, until it is told to stop.

usage: member_program.py BOOTSTRAP FOLDER PROGRAM GUARANTEE SESSION_TIMEOUT_MS STANDBYS [named]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
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


def copied() -> Topology:
    """Without stores: its input may grow."""
    builder = StreamsBuilder()
    builder.stream("left").to("out")
    return builder.build()


PROGRAMS: dict[str, Callable[[], Topology]] = {"joined": joined, "copied": copied}


def main(
    bootstrap: str, folder: str, program: str, guarantee: str, session_timeout_ms: str, standbys: str, named: str = ""
) -> None:
    name = {"group.instance.id": Path(folder).name} if named else {}
    App(
        "app",
        PROGRAMS[program](),
        bootstrap=bootstrap,
        data_dir=Path(folder),
        guarantee=guarantee,
        commit_interval="100ms",
        standby_replicas=int(standbys),
        kafka={"session.timeout.ms": session_timeout_ms, **name},
    ).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
