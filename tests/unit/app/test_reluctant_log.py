"""An application that starts while brokers are away for a moment."""

from __future__ import annotations

from pathlib import Path

from headrace.core.errors import LogBusyError
from headrace.log.api import NewTopic, Producer
from headrace.log.memory import MemoryLog
from support.running import make_app


class Reluctant(MemoryLog):
    """Has no coordinator for transactions at first."""

    refusals = 0

    def producer(self, transactional_id: str | None = None) -> Producer:
        if transactional_id is not None and self.refusals < 2:
            self.refusals += 1
            message = "no coordinator"
            raise LogBusyError(message)
        return super().producer(transactional_id)


def test_a_coordinator_that_is_being_elected_is_waited_for(tmp_path: Path) -> None:
    log = Reluctant()
    log.admin().create_topics([NewTopic("in", 1)])
    make_app(log, tmp_path, guarantee="exactly_once_v2").run(until_end=True)
    assert log.refusals == 2
