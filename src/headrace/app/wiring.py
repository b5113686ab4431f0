"""From a configuration to the objects that tasks work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from headrace.config.app_config import AppConfig
from headrace.config.resolve import resolve
from headrace.core.errors import ConfigurationError
from headrace.core.time import Clock
from headrace.observe.metrics import Metrics
from headrace.runtime.policies import ErrorHandler, ErrorPolicies, handler
from headrace.runtime.tasks.services import NodeWrapper, TaskServices, any_future
from headrace.state.engines.api import EngineSupplier
from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine
from headrace.state.memory import SharedMemory
from headrace.topology.physical import SourceNode, Topology

_ENGINE_SHARE = 4
"""One part in four of the memory limit belongs to the engine's block cache and write buffers."""

_WITHOUT_CACHES = 64 * 1024 * 1024
"""The limit for changes that wait for a commit where there are no caches (`memory_limit` 0)."""

_OF_THE_BUILDER = ("naming", "strict_names", "optimize")

POLICY_OPTIONS = ("on_decode_error", "on_process_error", "on_produce_error")


class Layout(Protocol):
    """Names and partition counts of topics (`runtime.topics.TopicLayout`)."""

    def real_name(self, base: str) -> str:
        """The name of an internal topic."""
        ...

    def partitions(self, topic: str) -> int:
        """Partitions of a topic."""
        ...


def engine_of(config: AppConfig) -> EngineSupplier:
    """The engine for stores that name none."""
    if config.engine == "memory":
        return MemoryEngine()
    return RocksDbEngine(cache_bytes=(config.memory_limit_bytes or _WITHOUT_CACHES) // _ENGINE_SHARE)


def cache_bytes_of(config: AppConfig) -> int:
    """What of the memory limit is left for caches of decoded objects."""
    limit = config.memory_limit_bytes or _WITHOUT_CACHES
    return limit if config.engine == "memory" else limit - limit // _ENGINE_SHARE


def policies_of(config: AppConfig, handlers: Mapping[str, ErrorHandler]) -> ErrorPolicies:
    """The application's error policies; functions of the user's win over the options of the same name."""
    dead_letters = config.dead_letter_topic
    decode, process, produce = (
        handler(handlers.get(name, getattr(config, name)), name, dead_letters) for name in POLICY_OPTIONS
    )
    return ErrorPolicies(on_decode=decode, on_process=process, on_produce=produce, dead_letter_topic=dead_letters)


def needs_dead_letters(config: AppConfig, handlers: Mapping[str, ErrorHandler], topology: Topology) -> bool:
    """Whether the dead letter topic may be written to."""
    if config.dlq_topic is not None or handlers or any(getattr(config, name) == "dlq" for name in POLICY_OPTIONS):
        return True
    sources = (node for node in topology.nodes.values() if isinstance(node, SourceNode))
    return any(source.consume.on_decode_error == "dlq" for source in sources)


def services_of(
    config: AppConfig,
    layout: Layout,
    clock: Clock,
    metrics: Metrics,
    policies: ErrorPolicies,
    *,
    caching: bool,
    global_stores: dict[str, Any],
    wrap_nodes: NodeWrapper | None = None,
    future_allowance_ms: Callable[[str], int | None] = any_future,
) -> TaskServices:
    """What the tasks of a worker share."""
    return TaskServices(
        application_id=config.app_id,
        state_root=config.state_path / config.app_id,
        clock=clock,
        metrics=metrics,
        engine=engine_of(config),
        memory=SharedMemory(cache_bytes_of(config)),
        topic_name=layout.real_name,
        partition_count=layout.partitions,
        option=config.value,
        policies=policies,
        caching=caching,
        global_stores=global_stores,
        wrap_nodes=wrap_nodes,
        future_allowance_ms=future_allowance_ms,
    )


def settled(config: AppConfig | None, given: Mapping[str, Any]) -> AppConfig:
    """The configuration of an application: one that is there already, or what follows from options.

    Raises:
        ConfigurationError: Both are given, or an option is unknown, wrong, or of no use for a topology that is built.
    """
    if config is None:
        found = resolve(given)
        _refuse_builder_options(found)
        return found
    if len(given) > 1:  # besides the application's id
        message = "an application takes either config= or options, not both"
        raise ConfigurationError(message)
    return config


def _refuse_builder_options(config: AppConfig) -> None:
    """What has shaped a topology cannot be changed by the application that runs it."""
    for name in _OF_THE_BUILDER:
        if config.origin(name) == "call":
            message = f"option {name} was given to an application, but its topology is built already"
            raise ConfigurationError(message, hint=f"give it to the builder: StreamsBuilder({name}=...)")
