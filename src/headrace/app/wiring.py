"""From a configuration to the objects that tasks work with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from headrace.config.app_config import OPTIONS_BY_NAME, AppConfig
from headrace.core.errors import ConfigurationError
from headrace.core.time import Clock
from headrace.observe.metrics import Metrics
from headrace.runtime.policies import ErrorHandler, ErrorPolicies, handler
from headrace.runtime.tasks.services import TaskServices
from headrace.state.api import EngineSupplier
from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine
from headrace.state.memory import SharedMemory

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
    return MemoryEngine() if config.engine == "memory" else RocksDbEngine()


def policies_of(config: AppConfig, handlers: Mapping[str, ErrorHandler]) -> ErrorPolicies:
    """The application's error policies; functions of the user's win over the options of the same name."""
    dead_letters = config.dead_letter_topic
    decode, process, produce = (
        handler(handlers.get(name, getattr(config, name)), name, dead_letters) for name in POLICY_OPTIONS
    )
    return ErrorPolicies(on_decode=decode, on_process=process, on_produce=produce, dead_letter_topic=dead_letters)


def needs_dead_letters(config: AppConfig, handlers: Mapping[str, ErrorHandler]) -> bool:
    """Whether the dead letter topic may be written to."""
    named = config.dlq_topic is not None or bool(handlers)
    return named or any(getattr(config, name) == "dlq" for name in POLICY_OPTIONS)


def option_value(config: AppConfig, name: str) -> Any:
    """An option by any of its names."""
    option = OPTIONS_BY_NAME.get(name)
    if option is None:
        message = f"there is no option {name!r}"
        raise ConfigurationError(message)
    return getattr(config, option.attribute)


def services_of(
    config: AppConfig,
    layout: Layout,
    clock: Clock,
    metrics: Metrics,
    policies: ErrorPolicies,
    *,
    caching: bool,
    global_stores: dict[str, Any],
) -> TaskServices:
    """What the tasks of a worker share."""
    return TaskServices(
        application_id=config.app_id,
        state_root=config.state_path / config.app_id,
        clock=clock,
        metrics=metrics,
        engine=engine_of(config),
        memory=SharedMemory(config.memory_limit_bytes),
        topic_name=layout.real_name,
        partition_count=layout.partitions,
        option=lambda name: option_value(config, name),
        policies=policies,
        caching=caching,
        global_stores=global_stores,
    )
