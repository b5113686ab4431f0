"""Options: the query server, and the watchdog."""

# ruff: noqa: RUF009 - option() declares a field, as dataclasses.field does
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headrace.config.kinds import ADDRESS, TEXT, choice, duration
from headrace.config.option import option

OnStall = Literal["log", "exit", "restart"]


@dataclass(frozen=True, kw_only=True)
class ServingOptions:
    """Serving and health."""

    serve: str | None = option(
        ADDRESS,
        None,
        "Where the application answers queries, metrics and health over HTTP, as `host:port`. A port alone is one that only "
        "this machine can reach; `0.0.0.0:8080` lets everybody in who can reach the machine, so put something before it that "
        "checks who asks. Not set: nowhere. Needs `headrace[serve]`.",
    )
    advertise: str | None = option(
        TEXT,
        None,
        "Where other instances reach this one's server, as `http://host:port`. Not set: where it serves.",
        alias="application.server",
    )
    stall_timeout_ms: int = option(
        duration(),
        "2m",
        "How long one record, one punctuation or one commit may take before the application counts as stalled. 0: for ever.",
    )
    on_stall: OnStall = option(
        choice("log", "exit", "restart"),
        "log",
        "What follows when it is stalled, besides a log with the stack, and `/healthz` that says so. `exit` ends the process "
        "with code 3, for whoever watches it to start it again. `restart` interrupts the step and begins a new life from the "
        "last commit; a step that cannot be interrupted (it waits in C code) ends the process after as long again.",
    )
