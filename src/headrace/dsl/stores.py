"""From `Materialized` to store specs, with Kafka Streams' defaults: logged, cached, retention of window size and grace."""

from __future__ import annotations

from typing import Any

from headrace.core.errors import TopologyError
from headrace.core.windows import END_OF_TIME, SessionWindows, SlidingWindows, UnlimitedWindows
from headrace.dsl.graph import caller_line
from headrace.formats.api import Format
from headrace.plan.nodes.aggregate import Windows
from headrace.plan.options import Materialized
from headrace.state.spec import StoreKind, StoreSpec

Options = Materialized[Any, Any]


def key_value_store(name: str, options: Options, key: Format[Any], value: Format[Any]) -> StoreSpec:
    """The store of a plain table; versioned with a history. Versioned stores are never cached."""
    if options.retention_ms is not None:
        message = f"store {name!r}, made at {caller_line()}, has a retention, but keeps neither windows nor sessions"
        raise TopologyError(message, hint="old entries leave a table by tombstones; for old versions see history=...")
    versioned = options.history_ms is not None
    return StoreSpec(
        name=name,
        kind=StoreKind.VERSIONED if versioned else StoreKind.TIMESTAMPED_KEY_VALUE,
        key_format=key,
        value_format=value,
        engine=options.engine,
        caching=options.caching and not versioned,
        logging=options.logging,
        changelog_config=options.changelog_config,
        history_ms=options.history_ms or 0,
    )


def window_store(
    name: str, options: Options, key: Format[Any], value: Format[Any], windows: Windows, *, emit_on_close: bool
) -> StoreSpec:
    """The store of a windowed table. Sliding windows that emit on close are not cached."""
    if isinstance(windows, SlidingWindows):
        size, needed = windows.difference_ms, 2 * windows.difference_ms + windows.grace_ms
    elif isinstance(windows, UnlimitedWindows):
        size, needed = END_OF_TIME, END_OF_TIME
    else:
        size, needed = windows.size_ms, windows.size_ms + windows.grace_ms
    return StoreSpec(
        name=name,
        kind=StoreKind.TIMESTAMPED_WINDOW,
        key_format=key,
        value_format=value,
        engine=options.engine,
        caching=options.caching and not (emit_on_close and isinstance(windows, SlidingWindows)),
        logging=options.logging,
        changelog_config=options.changelog_config,
        retention_ms=_retention(name, options, needed),
        window_size_ms=size,
    )


def session_store(
    name: str, options: Options, key: Format[Any], value: Format[Any], windows: SessionWindows, *, emit_on_close: bool
) -> StoreSpec:
    """The store of a table of sessions. Not cached if it emits on close."""
    return StoreSpec(
        name=name,
        kind=StoreKind.SESSION,
        key_format=key,
        value_format=value,
        engine=options.engine,
        caching=options.caching and not emit_on_close,
        logging=options.logging,
        changelog_config=options.changelog_config,
        retention_ms=_retention(name, options, windows.gap_ms + windows.grace_ms),
    )


def _retention(name: str, options: Options, needed: int) -> int:
    if options.history_ms is not None:
        message = f"store {name!r}, made at {caller_line()}, has a history, but windows and sessions have no versions"
        raise TopologyError(message, hint="use retention=... to keep windows longer")
    if options.retention_ms is None:
        return needed
    if options.retention_ms < needed:
        message = (
            f"store {name!r}, made at {caller_line()}, has a retention of {options.retention_ms} ms, needed are {needed} ms"
        )
        raise TopologyError(message, hint="a window is kept for its size and grace at least, a session for its gap and grace")
    return options.retention_ms
