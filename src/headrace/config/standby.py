"""Options: copies of state on other instances."""

from __future__ import annotations

from dataclasses import dataclass

from headrace.config.kinds import duration, integer
from headrace.config.option import option


@dataclass(frozen=True, kw_only=True)
class StandbyOptions:
    """Standbys."""

    standby_replicas: int = option(
        integer(0), 0, "How many other instances keep a copy of each store up to date.", alias="num.standby.replicas"
    )
    acceptable_recovery_lag: int = option(
        integer(0),
        10_000,
        "How many changelog records a copy may be behind and still take over at once.",
        alias="acceptable.recovery.lag",
    )
    max_warmup_replicas: int = option(
        integer(1), 2, "How many extra copies are built at a time before tasks move to them.", alias="max.warmup.replicas"
    )
    probing_rebalance_interval_ms: int = option(
        duration(minimum=60_000),
        "10m",
        "How often it is looked whether such copies are ready.",
        alias="probing.rebalance.interval.ms",
    )
