"""What readers, producers and the admin of one log share."""

from __future__ import annotations

from dataclasses import dataclass

from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.group_clients import GroupClients
from headrace.log.kafka.groups import Groups
from headrace.log.kafka.offsets import Offsets
from headrace.log.kafka.own_writes import OwnWrites


@dataclass(frozen=True, slots=True)
class ClusterParts:
    """All of it is safe to use from several threads."""

    catalog: Catalog
    offsets: Offsets
    groups: Groups
    group_clients: GroupClients
    own_writes: OwnWrites
