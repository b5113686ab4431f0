"""Applications over a log in memory."""

from pathlib import Path
from typing import Any

from headrace import App, Json, Materialized, Produced, StreamsBuilder, Topology
from headrace.log.memory import MemoryLog


def counting() -> Topology:
    """Counts keys of `in` in store `n`, updates go to `out`."""
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n")).to_stream().to("out", Produced(value=Json(int)))
    return builder.build()


def make_app(log: MemoryLog, directory: Path, topology: Topology | None = None, **options: Any) -> App:
    """An application `app` that commits often and keeps its stores in memory."""
    given = {"commit_interval": "10ms", "engine": "memory", "data_dir": directory, **options}
    return App("app", topology or counting(), log=log, **given)
