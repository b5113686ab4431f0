"""What a worker is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from headrace.config.app_config import AppConfig
from headrace.log.api import Log, Producer
from headrace.runtime.commit.committer import CommitProbe, no_probe
from headrace.runtime.groups.instance_name import transactional_id
from headrace.runtime.restore.listeners import NoStandbyListener, RestoreListener, StandbyListener
from headrace.runtime.tasks.services import TaskServices
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker is made of; put together by `app`.

    Attributes:
        name: Which worker of the application it is: ends its transactional id (so it must not be that of another one that
            runs), labels its metrics.
    """

    log: Log
    topology: Topology
    layout: TopicLayout
    config: AppConfig
    services: TaskServices
    global_stores: dict[str, Any]
    restore_listener: RestoreListener
    standby_listener: StandbyListener = field(default_factory=NoStandbyListener)
    probe: CommitProbe = no_probe
    name: str = "0"

    def new_producer(self) -> Producer:
        """A new producer of this worker; for exactly-once it fences the one before it."""
        own = transactional_id(self.config.app_id, self.name) if self.config.exactly_once else None
        return self.log.producer(own)
