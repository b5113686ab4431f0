"""The log that commands work on: brokers if the option `bootstrap` names some, else the embedded log in the data directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from headrace.app.instance import open_log_of
from headrace.config import resolve
from headrace.log.api import Log


@contextmanager
def opened_log(name: str, data: Path | None) -> Iterator[Log]:
    """The log, for the length of the block.

    Args:
        name: Names the command in the logs of brokers.
        data: A data directory in place of the configured one.
    """
    with closing(open_log_of(resolve({"app_id": name, "data_dir": data}))) as log:
        yield log
