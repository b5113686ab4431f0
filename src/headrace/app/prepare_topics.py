"""The topics of an application at its start: checked, made, or only planned."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping

from headrace.app.registered_keys import check_registered_keys
from headrace.app.wiring import needs_dead_letters
from headrace.config.app_config import AppConfig
from headrace.core.errors import UnknownTopicError
from headrace.log.api import Admin, NewTopic
from headrace.observe.events import event_logger
from headrace.runtime.groups.control import control_topic
from headrace.runtime.policies import ErrorHandler
from headrace.runtime.topics import TopicLayout, ensure_topics
from headrace.topology.physical import SinkNode, SourceNode, Topology

_log = event_logger("topics")


def prepare_topics(
    admin: Admin, config: AppConfig, topology: Topology, handlers: Mapping[str, ErrorHandler], *, shared: bool = False
) -> TopicLayout:
    """Checks that all inputs are there, and makes outputs and internal topics that are not.

    With `create_topics` off nothing is made on Kafka, where topics are often somebody else's to make. Instances that share the
    application's tasks (`shared`) need a topic to agree on them.

    Raises:
        UnknownTopicError: An input is missing, or with `create_topics` off on Kafka any topic; all of them are named.
        TopologyError: Partition counts do not fit, or topics that are joined have no registered key schema in common.
        RegistryError: The registry that is asked for them refuses, or gives no answer.
    """
    only_planned = not (config.create_topics or config.embedded)
    wanted = _named_topics(topology, sinks_only=not config.create_topics)
    if needs_dead_letters(config, handlers, topology):
        wanted.append(config.dead_letter_topic)
    outputs = [NewTopic(name, config.topic_partitions) for name in wanted]
    if not only_planned:
        before = admin.partition_counts()
        _tell(ensure_topics(admin, outputs), _inputs(topology), before, config.topic_partitions)
    there = admin.partition_counts()
    layout = TopicLayout(topology, config.app_id, there)
    check_registered_keys(topology, layout)
    # The embedded log leaves windows to the worker, which goes by stream time.
    additional = None if config.embedded else config.windowstore_changelog_additional_retention_ms
    internal = [*layout.internal_topics(additional), *([control_topic(config.app_id)] if shared else ())]
    if only_planned:
        _require(there, [*outputs, *internal])
    else:
        ensure_topics(admin, internal)
    return layout


def _tell(made: Iterable[str], inputs: Collection[str], before: Collection[str], partitions: int) -> None:
    """An input that had to be made is empty, and often misspelt: that is worth a warning, with the name that was meant."""
    count = f"{partitions} partition{'' if partitions == 1 else 's'}"
    for topic in made:
        if topic not in inputs:
            _log.info(f"made topic {topic} ({count})")
            continue
        near = difflib.get_close_matches(topic, before, n=1)
        hint = f"did you mean {near[0]}?" if near else "it is empty until something is written to it"
        _log.warning(f"made topic {topic} ({count}), an input that did not exist", hint=hint)


def _require(there: Mapping[str, int], planned: Iterable[NewTopic]) -> None:
    missing = [topic for topic in planned if topic.name not in there]
    if missing:
        message = f"create_topics is off, and these topics are missing: {', '.join(topic.name for topic in missing)}"
        raise UnknownTopicError(message, hint="create them:\n" + "\n".join(f"    {_described(topic)}" for topic in missing))


def _described(topic: NewTopic) -> str:
    config = topic.config
    settings = {"cleanup.policy": config.cleanup}
    if "delete" in config.cleanup:
        settings["retention.ms"] = str(config.retention_ms)
    if config.min_compaction_lag_ms:
        settings["min.compaction.lag.ms"] = str(config.min_compaction_lag_ms)
    listed = " ".join(f"{name}={value}" for name, value in (settings | dict(config.extra)).items())
    return f"{topic.name}: {topic.partitions} partition(s), {listed}"


def _inputs(topology: Topology) -> set[str]:
    sources = [node for node in topology.nodes.values() if isinstance(node, SourceNode) and not node.internal]
    return {topic for node in sources for topic in node.topics}


def _named_topics(topology: Topology, *, sinks_only: bool) -> list[str]:
    """Topics by name that the user's steps write to, or also read."""
    named: dict[str, None] = {}
    for node in topology.nodes.values():
        if isinstance(node, SinkNode) and not node.internal and isinstance(node.topic, str):
            named[node.topic] = None
        elif isinstance(node, SourceNode) and not node.internal and not sinks_only:
            named.update(dict.fromkeys(node.topics))
    return list(named)
