"""The schema registry of an application: from its options to an object, and into the formats of its topology."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from headrace.config.app_config import AppConfig
from headrace.config.kinds import Secret
from headrace.core.errors import ConfigurationError, RegistryError
from headrace.formats.registry.api import Registry
from headrace.formats.registry.binding import Binding, bound
from headrace.formats.registry.connection import RegistryConnection
from headrace.formats.registry.embedded import EmbeddedRegistry
from headrace.formats.registry.rest import RestRegistry
from headrace.state.spec import StoreSpec

T = TypeVar("T")

_FOLDER = "registry"


def registry_of(config: AppConfig) -> Registry:
    """The registry that the options name; on an embedded log without any, the one in its data directory.

    Raises:
        ConfigurationError: There is none on Kafka, or the options contradict each other.
    """
    if config.schema_registry is not None:
        return RestRegistry(
            RegistryConnection(
                config.schema_registry,
                user_info=_revealed(config.schema_registry_user_info),
                token=_revealed(config.schema_registry_token),
                ca=config.schema_registry_ca,
                certificate=config.schema_registry_certificate,
                key=config.schema_registry_key,
                patience_s=config.schema_registry_timeout_ms / 1000,
            )
        )
    if config.embedded:
        return EmbeddedRegistry(config.data_dir / _FOLDER)
    message = "a format of this program needs a schema registry, and on Kafka the option schema_registry has to name one"
    raise ConfigurationError(message, hint='schema_registry="http://host:8081"; PLAIN writes without a registry')


def opened_registry(config: AppConfig, *, create: bool = False) -> Registry:
    """The same for looking in: without `create` a data directory that has no registry is an error, as it may be mistyped.

    Raises:
        RegistryError: There is none.
    """
    folder = config.data_dir / _FOLDER
    if config.schema_registry is None and config.embedded and not create and not folder.is_dir():
        message = f"there is no schema registry in {config.data_dir.absolute()}"
        hint = "give the data directory by --data, or a registry by --registry; `headrace schema register` makes a new one"
        raise RegistryError(message, hint=hint)
    return registry_of(config)


def with_registry(thing: T, config: AppConfig) -> T:
    """A topology, or anything with formats in it, whose formats know the application's registry.

    Stores write under the names of their changelog topics, which begin with the application's id. A store that has a source
    topic for its changelog has a subject of its own, too: what only reads a topic must not put schemas under its name.
    """

    def prefix(part: Any) -> str | None:
        return f"{config.app_id}-" if isinstance(part, StoreSpec) else None

    return bound(thing, Binding(cache(lambda: registry_of(config)), config.schema_registry_writes, prefix))


def _revealed(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()
