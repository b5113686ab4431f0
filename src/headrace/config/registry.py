"""Options: the schema registry."""

# ruff: noqa: RUF009 - option() declares a field, as dataclasses.field does
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from headrace.config.kinds import PATH, SECRET, URLS, Secret, choice, duration
from headrace.config.option import option

RegistryWrites = Literal["register", "existing", "latest"]


@dataclass(frozen=True, kw_only=True)
class RegistryOptions:
    """Schema registry."""

    schema_registry: str | None = option(
        URLS,
        None,
        "URL of a schema registry with Confluent's interface, or several, separated by commas. Not set: on the embedded log "
        "the one in `registry` of `data_dir`, on Kafka none. Needs `headrace[registry]`.",
        alias="schema.registry.url",
    )
    schema_registry_writes: RegistryWrites = option(
        choice("register", "existing", "latest"),
        "register",
        "Where the schema comes from that is written with, for formats that do not say. `register` puts it into the registry; "
        "`existing` wants it to be there; `latest` takes the newest version of the subject.",
    )
    schema_registry_user_info: Secret | None = option(
        SECRET, None, "`user:password` for the registry.", alias="basic.auth.user.info"
    )
    schema_registry_token: Secret | None = option(SECRET, None, "Bearer token for the registry.", alias="bearer.auth.token")
    schema_registry_ca: Path | None = option(
        PATH, None, "File with the certificates (PEM) of the authorities that are trusted for the registry."
    )
    schema_registry_certificate: Path | None = option(
        PATH, None, "File with the client's certificate (PEM) for a registry with mutual TLS."
    )
    schema_registry_key: Path | None = option(PATH, None, "File with its key (PEM).")
    schema_registry_timeout_ms: int = option(
        duration(1),
        "30s",
        "How long requests are repeated while the registry gives no answer. What is known already goes on without it.",
    )
