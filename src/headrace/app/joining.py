"""An instance's place among the others of its application: alone on logs of one owner, a member of a group on Kafka."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from headrace.app.workers.link import Link
from headrace.config.app_config import AppConfig
from headrace.core.errors import HeadraceError
from headrace.core.identifiers import TaskId
from headrace.core.time import Clock
from headrace.log.api import GroupLog, Log
from headrace.observe.events import event_logger
from headrace.runtime.all_tasks import all_tasks
from headrace.runtime.directory import Directory, StaticDirectory
from headrace.runtime.groups.agreement import Agreement
from headrace.runtime.groups.control import control_topic
from headrace.runtime.groups.group_membership import GroupMembership
from headrace.runtime.groups.instance_name import instance_name, transactional_id
from headrace.runtime.groups.leading import Terms
from headrace.runtime.membership import FixedMembership, Membership
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import Topology

_ALONE = "0"
_log = event_logger("group")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance stands: its name among the others, what tells it its tasks, and who has the rest.

    Attributes:
        agrees: Whether it agrees with others on who does what; else all is said at the start.
    """

    name: str
    membership: Membership
    directory: Directory
    agrees: bool = False


def join(
    log: Log,
    config: AppConfig,
    topology: Topology,
    layout: TopicLayout,
    clock: Clock,
    url: str | None,
    stack: ExitStack,
    link: Link | None = None,
) -> Place:
    """Takes a place, which is given up with the stack. Others ask the instance at `url`; `link` is that of a worker."""
    tasks = all_tasks(topology, layout)
    if not isinstance(log, GroupLog):
        if link is not None:
            share = link.share()
            return Place(str(link.index), FixedMembership(share.tasks or (), share.elsewhere), StaticDirectory())
        return Place(_ALONE, FixedMembership(tasks), StaticDirectory())
    name = log.static_name() or stack.enter_context(instance_name(config.state_path / config.app_id))
    terms = Terms(
        known=tasks,
        stateful=_stateful(tasks, topology),
        standby_replicas=config.standby_replicas,
        acceptable_lag=config.acceptable_recovery_lag,
        warmups=config.max_warmup_replicas,
    )
    fence = partial(_fence, log, config.app_id) if config.exactly_once else None
    topic = control_topic(config.app_id).name
    membership = GroupMembership(log, config.app_id, topic, Agreement(name, terms, url), clock, fence)
    stack.callback(membership.close, leave=True)  # does nothing where the worker has done it
    return Place(name, membership, membership, agrees=True)


def _fence(log: Log, app_id: str, name: str) -> None:
    """Ends the transaction that an instance has left open; if it lives after all, its next one is refused and it joins anew."""
    try:
        log.producer(transactional_id(app_id, name)).close()
    except HeadraceError as error:  # it ends by its time-out all the same
        _log.warning("not_fenced", instance=name, problem=error.message)
    else:
        _log.info("fenced", instance=name, hint="it has vanished; what it had not committed was aborted")


def _stateful(tasks: frozenset[TaskId], topology: Topology) -> frozenset[TaskId]:
    """Tasks with state that is restored from a changelog."""
    specs = {part.id: [topology.stores[name] for name in part.stores] for part in topology.subtopologies}
    logged = {part for part, of in specs.items() if any(spec.logging or spec.changelog_topic is not None for spec in of)}
    return frozenset(task for task in tasks if task.subtopology in logged)
