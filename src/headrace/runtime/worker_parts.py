"""What a worker is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headrace.config.app_config import AppConfig
from headrace.log.api import Log
from headrace.runtime.commit.committer import CommitProbe, no_probe
from headrace.runtime.restore.restorer import RestoreListener
from headrace.runtime.tasks.services import TaskServices
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker is made of; put together by `app`."""

    log: Log
    topology: Topology
    layout: TopicLayout
    config: AppConfig
    services: TaskServices
    global_stores: dict[str, Any]
    restore_listener: RestoreListener
    probe: CommitProbe = no_probe
